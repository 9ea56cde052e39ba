/** What people read about programs that were let in. */
export const appsWords = {
  name: 'Program',
  by: 'Let in by',
  may: 'May',
  where: 'At',
  since: 'Since',
  used: 'Last used',
  whose: 'Whose',
  mine: 'Mine',
  all: 'Of everybody',
  none: 'No connected apps',
  noneNote:
    'Clients of MCP that sign in by browser stand here. Give one the address of this server with /mcp at its end, and it asks to be let in.',
  end: 'Put out',
  endTitle: (name: string) => `Put ${name} out?`,
  endNote: 'It is refused from now on, everywhere. It can ask to be let in again.',
  ended: 'It is out.',
} as const;
