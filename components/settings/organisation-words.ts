/** What people read about an organisation. */
export const organisationWords = {
  loading: 'Loading your organisation',
  name: 'Name',
  role: 'You are',
  since: 'Since',
  rename: 'Change the name',
  renamed: 'The organisation has its new name.',
  ownersOnly: 'Its owners can change it.',
  yours: 'Your organisations',
  none: 'No organisation',
  noneNote: 'An invitation brings you into one.',
  here: 'you are here',
  enter: 'Go over',
  make: 'Make an organisation',
  makeSend: 'Make it',
  makeNote:
    'A place of its own: members, pipelines, runs, agents and keys of one are never seen in another. You are its owner.',
  made: (name: string) => `${name} is there. Go over to it when you like.`,
  leave: 'Leave',
  onlyOwner: 'You are its only owner: make somebody else one before you leave.',
  leaveTitle: (name: string) => `Leave ${name}?`,
  leaveNote:
    'Your sessions in it end, and you sign in again for the others. Keys that you made there stop working.',
  close: 'Close',
  closeTitle: (name: string) => `Close ${name} for good?`,
  closeNote:
    'All its members are out at once, and its keys, tokens and invitations stop working. Nobody can open it again. Refused while runs go on.',
  closed: 'It is closed.',
} as const;
