/** Everything that people read on this page. */
export const words = {
  title: 'Audit',
  note: 'Who did what. Entries are chained by hash: none can be changed or removed unnoticed.',
  verify: 'Verify the chain',
  export: 'Export',
  none: 'No entries yet',
  noneMatch: 'No entry matches',
  clear: 'Clear the filters',
  sound: (entries: number, checkpoints: number) =>
    `Sound: ${entries} entries and ${checkpoints} signed checkpoints were checked.`,
  broken: (seq: number, problem: string) => `Entry ${seq} does not fit: ${problem}`,
  brokenAdvice:
    'Somebody changed the database past Signalbox. Compare it with a backup and with the signed checkpoints in the log.',
  entry: {
    when: 'When',
    reason: 'Reason',
    from: 'From',
    target: 'the target',
    request: (id: string) => `request ${id}`,
    requestWhat: 'the request id',
    hash: (hash: string) => `hash ${hash}`,
    hashWhat: 'the hash',
    actor: 'Actor',
    before: 'Before',
    after: 'After',
  },
  notYours: 'Not for your role',
  notYoursNote: 'Owners, admins and auditors read the audit log.',
} as const;
