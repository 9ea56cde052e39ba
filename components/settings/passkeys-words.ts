/** What people read about passkeys. */
export const passkeysWords = {
  title: 'Passkeys',
  loading: 'Loading your passkeys',
  none: 'No passkeys',
  noneNote:
    'With one you sign in by fingerprint, face, PIN or security key: nothing to type, and nothing that another page could ask you for.',
  add: 'Add a passkey',
  addNote: 'Your browser asks where to keep it: on this device, in a password manager or on a security key.',
  go: 'Go on',
  added: (name: string) => `${name} signs you in from now on.`,
  name: 'Name',
  nameHint: 'Where it is kept, so that you know it again.',
  made: 'Made',
  used: 'Last used',
  never: 'never',
  onlyAt: (host: string) => `only at ${host}`,
  rename: 'Rename',
  renameTitle: (name: string) => `Rename ${name}`,
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeNote:
    'It signs you in no more, and the other browsers that it signed in are signed out. Delete it where it is kept, too.',
  removed: 'It signs you in no more.',
  notHere:
    'None can be added here: browsers bind passkeys to a name, and this address has none that is safe.',
  openAt: 'Sign in at',
  byHttps: 'Open this server by a name and https.',
} as const;
