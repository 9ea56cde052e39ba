import type { Answer } from '../data/index.ts';
import { counted, formatCount } from '../ui/format.ts';

const runs = (n: number) => counted(n, { one: 'run', other: 'runs' });

export type BulkAction = Answer<'bulk.get'>['action'];

const VERBS: Record<BulkAction, string> = {
  cancel: 'Cancel',
  retry: 'Retry',
  replay: 'Replay',
  pause: 'Pause',
  resume: 'Resume',
};

/** Of each run that it was asked for; how a new run ended is another matter. */
const DONE: Record<BulkAction, string> = {
  cancel: 'Cancelled',
  retry: 'Retried',
  replay: 'Replayed',
  pause: 'Paused',
  resume: 'Resumed',
};

const CONSEQUENCES: Record<BulkAction, string> = {
  cancel:
    'Agents are asked to stop, and cut off after the grace period. Runs that have ended are left alone.',
  retry: 'What waits for its next attempt is tried now. Runs in which nothing waits are left alone.',
  replay: 'Each becomes a new run, linked to the old one. Runs that still go on are left alone.',
  pause: 'What runs goes on to its end; nothing new starts until they are resumed.',
  resume: 'They go on from where they were paused.',
};

/** Who or what began it. Others are names of people's own. */
const TRIGGERS: Record<string, string> = {
  api: 'API',
  manual: 'By hand',
  replay: 'Replay',
  stage: 'One stage',
  task: 'Task',
};

/** What people read on the pages of runs. */
export const words = {
  title: 'Runs',
  runs,
  triggerOf: (trigger: string) => TRIGGERS[trigger] ?? trigger,
  newer: (n: number, isMore: boolean) => `${n}${isMore ? '+' : ''} new`,
  columns: {
    id: 'Run',
    status: 'Status',
    pipeline: 'Pipeline',
    progress: 'Stages',
    created: 'Started',
    finished: 'Ended',
    duration: 'Duration',
    trigger: 'Trigger',
    error: 'Error',
    replay: 'Replay of',
  },
  filters: {
    status: 'Status',
    pipeline: 'Pipeline',
    version: 'Version',
    versionId: 'Id of the version',
    created: 'Started',
    finished: 'Ended',
    duration: 'Duration',
    trigger: 'Trigger',
    tag: 'Tag',
    tagHint: 'Of its pipeline, or in the list “tags” of its metadata.',
    agent: 'Agent',
    stage: 'Stage',
    stageHint:
      'Its key. Runs in which an agent was given it; with “How a stage went”, those in which it went so.',
    stageType: 'Type of a stage',
    stageTypeHint: 'What the stage asked an agent for, such as transformation.',
    stageOutcome: 'How a stage went',
    stageOutcomes: {
      ran: 'it was handed out',
      failed: 'it failed',
      retried: 'it was tried again',
      attempt_failed: 'an attempt failed',
      attempt_lost: 'an attempt lost its agent',
    },
    group: 'Error group',
    id: 'Id begins with',
    metadata: 'Metadata',
    replayOf: 'Replay of',
    replayed: 'Replayed',
    waiting: 'Waiting for an agent',
    waitingFor: (time: string) => `over ${time.replace('m', ' min')}`,
    yes: 'Yes',
    no: 'Not yet',
    badNumber: 'A number of the pipeline’s versions, such as 3. Choose the pipeline too.',
    badStage: 'The key of a stage as its pipeline has it, such as fetch_orders.',
    badType: 'A type as stages have it, such as transformation.',
    badGroup: 'The sixteen signs of an error group, as a failed run shows them.',
    badId: 'The beginning of a run’s id, such as run_01a1.',
    badVersionId: 'The whole id of a version, such as a run has it: ver_ and 32 signs.',
    badMetadata: 'key=value',
  },
  lostFilters: (labels: readonly string[]) =>
    `Not filtered by ${labels.join(', ')}: the address says nothing that can be asked for.`,
  versionNeedsPipeline: 'A version needs its pipeline too.',
  only: (what: string) => `Only ${what}`,
  standAlone: 'Stand-alone task',
  unknownPipeline: 'Unknown pipeline',
  loading: 'Loading the runs',
  none: 'No runs yet',
  noneWhy: 'A run appears here as soon as somebody starts one.',
  toPipelines: 'Go to the pipelines',
  noMatch: 'No run matches',
  noMatchWhy: 'Runs there are, but the filters leave none of them.',
  clear: 'Clear the filters',
  tryAgain: 'Try again',
  latest: 'Latest runs',
  allOfPipeline: 'All its runs',
  stages: (done: number, total: number) => `${done} of ${total}`,
  views: {
    label: 'Views',
    all: 'All',
    failed: 'Failed',
    open: 'Going on',
    day: 'Last 24 hours',
    save: 'Save view',
    saveTitle: 'Save what is shown as a view',
    saveWhy: 'Filters and order, under a name.',
    share: 'For everybody in the organisation',
    sharedBy: (maker: string | null) => (maker === null ? 'Shared' : `Shared by ${maker}`),
    name: 'Name',
    remove: (name: string) => `Remove the view ${name}`,
    removed: 'The view is removed',
    done: 'The view is saved',
  },
  chart: {
    label: (n: number) => `Duration of the ${runs(n)} that are loaded, over the time of their start`,
    hint: 'Drag to choose a range of time',
    reset: 'Any time',
  },
  replayFailed: 'Replay failed…',
  selected: (n: number) => `${formatCount(n)} selected`,
  allMatching: (count: number | undefined, isMore = false) => {
    if (count === undefined) return 'All that match…';
    if (!isMore) return `All that match (${formatCount(count)})…`;
    return `All that match (${formatCount(count)} or more)…`;
  },
  compare: 'Compare',
  compareTwo: 'Tick two runs to compare them',
  unselect: 'Clear the selection',
  select: (id: string) => `Select the run ${id}`,
  keys: {
    next: 'Next row',
    previous: 'Row before',
    open: 'Open the run',
    tick: 'Tick the row',
    tickRange: 'Tick up to here',
    replay: 'Replay what is ticked',
    cancel: 'Cancel what is ticked',
    compare: 'Compare the two that are ticked',
    ticked: (action: BulkAction) => `${VERBS[action]} what is ticked`,
  },
  bulk: {
    most: 'At most 100,000 at once',
    mostNote: 'If there are more, narrow the list down, by a range of time for instance.',
    verb: (action: BulkAction) => VERBS[action],
    title: (action: BulkAction, n: number | undefined) =>
      n === undefined ? `${VERBS[action]} runs?` : `${VERBS[action]} ${runs(n)}?`,
    consequence: (action: BulkAction) => CONSEQUENCES[action],
    confirm: (action: BulkAction, n: number | undefined) =>
      n === undefined ? VERBS[action] : `${VERBS[action]} ${runs(n)}`,
    keep: 'Leave them alone',
    counting: 'Counting the runs',
    nothing: 'There is no such run just now.',
    sample: 'Some of them',
    from: 'Begin',
    fromFailure: 'Where each broke',
    fromStart: 'With all of it',
    version: 'Version',
    original: 'The one that ran',
    newest: 'The newest',
    name: 'Bulk action',
    missing: 'There is no such bulk action',
    pageTitle: (action: BulkAction, n: number) => `${VERBS[action]} ${runs(n)}`,
    open: 'Under way',
    done: 'Done',
    aborted: 'Aborted',
    abort: 'Abort',
    abortTitle: 'Abort what is left?',
    abortWhy: 'What was done stays; the runs that are left are left alone.',
    stoppedAdvice: 'What was done stays; what is left was left alone. Somebody who may can ask for it anew.',
    results: (action: BulkAction) => ({
      succeeded: DONE[action],
      skipped: 'Left alone',
      failed: 'Went wrong',
    }),
    left: 'To do',
    progress: 'Progress',
    by: (name: string) => `asked for by ${name}`,
    items: 'Runs',
    all: 'All',
    result: 'What came of it',
    made: 'New run',
    why: 'Why',
    noItems: 'None of the runs came to this.',
    waiting: 'Not its turn yet',
    loading: 'Loading the bulk action',
  },
} as const;
