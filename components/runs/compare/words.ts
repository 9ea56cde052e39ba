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
  version: (number: number) => `Version ${number}`,
  versions: 'What changed in the pipeline between them',
  otherPipelines:
    'These are runs of two pipelines: stages are laid beside each other where their keys are the same.',
  wasType: (type: string) => `was ${type}`,
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
  same: 'the same',
  choose: 'Name two runs to lay them side by side.',
  chooseNote: 'Tick two in the list of runs, or choose “Compare with…” on the page of one.',
  toRuns: 'To the list of runs',
  noId: {
    message: 'That is no id of a run',
    advice: 'It takes a run’s whole id, such as its page shows it: run_ and 32 signs.',
  },
  loading: 'Loading the runs',
  outputsOf: (name: string) => `Outputs of ${name}`,
  inputs: 'What they were given',
  equalInputs: 'Both were given the same.',
  inputsHidden: 'What runs were given is for those who may see what runs work on.',
  stored: (size: string) =>
    `What differs is stored apart because it is large (${size}); below it is told by its hash alone.`,
  loadStored: 'Compare all of it',
  storedTooLarge: (size: string) =>
    `What differs is stored apart (${size}) and too large to be compared here: each run lets you download it. Below it is told by its hash alone.`,
  equal: 'Both have the same output.',
  equalButHidden: 'Both show the same. What is marked sensitive is hidden in either, and may differ.',
  cut: (n: number) =>
    `… and ${counted(n, { one: 'more line', other: 'more lines' })}. Each run shows its output with the stage.`,
  skipped: (n: number) => `… ${counted(n, { one: 'equal line', other: 'equal lines' })}`,
} as const;
