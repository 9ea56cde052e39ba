/** What people read of what holds things back. */
export const words = {
  list: 'Limits',
  loading: 'Loading the limits',
  columns: { what: 'What', limit: 'Limit', used: 'Used', resets: 'Room again', by: 'Set by' },
  default: 'the default',
  given: 'whoever runs the server',
  unlimited: 'none',
  atAnEnd: 'when a run ends',
  where: 'Set where the server is started, by the settings that are named.',
  names: {
    MAX_AGENTS: 'Agents that may be registered',
    MAX_CONCURRENT_TASKS: 'Tasks at once, over all organisations',
    SIGNALBOX_RUNS_PER_DAY: 'Runs a day',
    SIGNALBOX_RUNS_PER_KEY_MINUTE: 'Runs a minute, for each key',
    SIGNALBOX_RUNS_IN_FLIGHT: 'Runs at once',
    SIGNALBOX_RATE_READS: 'Calls a minute that read, for you',
    SIGNALBOX_RATE_WRITES: 'Calls a minute that change something, for you',
    SIGNALBOX_RATE_AGENTS: 'Calls a minute of agents, for you',
    SIGNALBOX_PAYLOAD_MAX: 'Size of one input or output',
    TASK_TIMEOUT: 'Time for a task that names none',
  },
} as const;
