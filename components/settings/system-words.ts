/** What people read about the system. */
export const systemWords = {
  leansOn: 'Health',
  asking: 'Asking each part',
  parts: {
    database: 'Database',
    broker: 'Broker',
    hot_state: 'Hot state',
    object_store: 'Object store',
  },
  part: 'Part',
  kind: 'Kind',
  state: 'State',
  latency: 'Answers in',
  noAnswer: 'no answer',
  underOneMs: 'under 1 ms',
  percent: (value: string) => `${value} %`,
  minutes: 'The last five minutes',
  minutesOf: (name: string) => `The last five minutes: ${name}`,
  processOf: (number: number) => `process ${number}`,
  thisProcess: (name: string) => `${name}, which answers here`,
  conditions: {
    tool_error_rate: 'Calls of our own tools that failed',
    mcp_error_rate: 'Calls to MCP servers that failed',
    mcp_latency: 'Time of a call to an MCP server',
    workspace_conflict_rate: 'Changes of shared files in conflict',
    workspace_latency: 'Time of a change of shared files',
    workspace_lock_wait: 'Wait of such changes for each other',
    workspace_sync_lag: 'Time until hot state has a file',
    workspace_hit_rate: 'Reads of files answered by hot state',
    hot_state_memory: 'Memory of Redis in use, of what it may use',
  },
  beyond: (what: string, value: string, limit: string) =>
    `${what}: ${value}, where at most ${limit} is fine.`,
  below: (what: string, value: string, limit: string) =>
    `${what}: ${value}, where at least ${limit} is fine.`,
  whatHelps: {
    tool_error_rate:
      'The log of the server says what failed, by the id of the request. Look at the parts above first: one that does not answer is the usual reason.',
    mcp_error_rate: 'MCP → Usage says which connection it is. Switch that one off until its server is well.',
    mcp_latency:
      'MCP → Usage says which connection it is. Switch it off, or change its limits so that calls are not waited for that long.',
    workspace_conflict_rate:
      'Have fewer agents change the same files, or claim a file before they do; an edit collides less than a write.',
    workspace_latency:
      'Have fewer agents change the same files; if they are few, the database is slow: see how fast it answers above.',
    workspace_lock_wait:
      'Have fewer agents change files of one run at a time, or claim what they change before they do.',
    workspace_sync_lag: 'Files are right all the same, and come from the database. Look at Redis.',
    workspace_hit_rate: 'Files are right all the same, and come from the database. Look at Redis.',
    hot_state_memory: 'Raise the maxmemory of Redis, or give Signalbox a Redis of its own.',
  },
  whatToDo: 'What to do',
  what: 'Measure',
  value: 'Value',
  limit: 'Limit',
  settings: 'This installation',
  loading: 'Loading',
  facts: {
    kept: 'Runs are kept',
    days: (succeeded: number, failed: number, cancelled: number) =>
      `succeeded ${succeeded} days, failed ${failed}, cancelled ${cancelled}`,
    payload: 'Largest payload',
    inline: 'Kept in the database up to',
    timeout: 'Time limit of a task, unless its stage says else',
    agents: 'Agents at most',
    tasks: 'Tasks at once, over all organisations',
    noMost: 'as many as agents take',
    roles: 'Roles of this process',
  },
  where: 'Set where the server is started; .env.example lists every setting.',
  signIn: {
    title: 'Ways to sign in',
    password: 'E-mail and password',
    passwordNote: 'for everybody who has set one',
    passkey: 'Passkey',
    passkeyNote: 'for everybody who has added one',
    provider: 'account at another place',
    way: 'Way',
    kind: 'Kind',
    more: 'More providers stand in the file that SIGNALBOX_IDENTITY_FILE names.',
  },
} as const;
