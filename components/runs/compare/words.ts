import { counted } from '../../ui/format.ts';

/** What people read where two runs are compared. */
export const words = {
  title: 'Compare two runs',
  swap: 'Swap',
  first: 'First',
  second: 'Second',
  runId: 'Id of the run',
  runIdExample: 'run_…',
  graph: 'Both on one graph',
  graphNote: 'States are those of the second; what stands at a stage is how it differs from the first.',
  loadingGraph: 'Loading the graphs',
  onlyFirst: 'only in the first',
  onlySecond: 'only in the second',
  was: (state: string) => `was ${state.toLowerCase()}`,
  stages: 'Stages, what differs most first',
  stage: 'Stage',
  firstRan: 'First ran',
  secondRan: 'Second ran',
  difference: 'Difference',
  attempts: 'Attempts',
  missing: 'not in it',
  choose: 'Name two runs to lay them side by side.',
  chooseNote: 'Their ids are in the list of runs. A replay leads here too, from the head of its page.',
  toRuns: 'To the list of runs',
  loading: 'Loading the runs',
  outputsOf: (name: string) => `Outputs of ${name}`,
  equal: 'Both have the same output.',
  equalButHidden: 'Both show the same. What is marked sensitive is hidden in either, and may differ.',
  cut: (n: number) =>
    `… and ${counted(n, { one: 'more line', other: 'more lines' })}. Each run shows its output with the stage.`,
  skipped: (n: number) => `… ${counted(n, { one: 'equal line', other: 'equal lines' })}`,
} as const;
