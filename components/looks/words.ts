const SKIPPED: Record<string, string> = {
  'condition-false': 'its condition was false',
  'branch-not-taken': 'the run went another way',
  'upstream-failed': 'a stage before it failed',
  'run-failing': 'the run had failed by then',
  'left-out': 'only another stage was to run',
};

/** What people read of states: one word for each. */
export const words = {
  runs: {
    running: 'Running',
    paused: 'Paused',
    cancelling: 'Cancelling',
    succeeded: 'Succeeded',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },
  tasks: {
    pending: 'Waiting',
    ready: 'Ready',
    queued: 'Queued',
    running: 'Running',
    retrying: 'Retrying',
    succeeded: 'Succeeded',
    failed: 'Failed',
    skipped: 'Skipped',
    cancelled: 'Cancelled',
  },
  attempts: {
    lost: 'Lost',
    released: 'Given back',
  },
  agents: {
    online: 'Online',
    busy: 'Busy',
    draining: 'Draining',
    paused: 'Paused',
    failing: 'Failing',
    stale: 'Stale',
    offline: 'Offline',
    quarantined: 'Quarantined',
  },
  queues: {
    empty: 'Empty',
    flowing: 'Flowing',
    slow: 'Slow',
    stuck: 'Nobody takes',
  },
  deliveries: {
    waiting: 'On its way',
    delivered: 'Delivered',
    'given-up': 'Given up',
  },
  parts: {
    answers: 'Answers',
    silent: 'Does not answer',
  },
  conditions: {
    triggered: 'Beyond its limit',
    fine: 'Within its limit',
    unknown: 'Nothing seen',
  },
  connections: {
    reachable: 'Reachable',
    unreachable: 'Unreachable',
    cooling: 'Cooling off',
    unknown: 'Not asked yet',
    off: 'Off',
  },
  tools: {
    approved: 'Approved',
    new: 'New',
    changed: 'Changed',
    blocked: 'Blocked',
    gone: 'Gone',
  },
  calls: {
    answered: 'Answered',
    'tool-error': 'Tool could not',
    fault: 'No answer',
    refused: 'Refused',
    stopped: 'Stopped',
  },
  /** Why a stage was passed over, as a sentence. */
  skipped: (why: string) => `Skipped: ${SKIPPED[why] ?? why.replaceAll('-', ' ')}.`,
  hidden: '(hidden: marked sensitive)',
} as const;
