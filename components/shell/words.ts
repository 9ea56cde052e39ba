/** What people read about where they are. */
export const words = {
  product: 'Signalbox',
  skip: 'Skip to the content',
  main: 'Main',
  places: 'Places',
  placesFrom: (here: string | undefined) => (here === undefined ? 'Places' : `${here}: go to another place`),
  accountOf: (name: string | undefined) => (name === undefined ? 'Account' : `Account: ${name}`),
  signOut: 'Sign out',
  stillIn: 'You are still signed in.',
  tryAgain: 'Try again',
  showMore: 'Show more',
  loading: (list: string) => `Loading: ${list}`,
  cut: 'No line to the server. What you see may be old; it catches up by itself.',
  everywhere: 'Everywhere',
  keys: 'Keys',
  showKeys: 'Show this sheet',
  noPage: {
    title: 'There is no such page',
    note: 'The address may be mistyped, or what it led to is gone.',
    home: 'To the start',
  },
  broken: {
    title: 'This page stumbled over an error of ours',
    note: (digest: string | undefined) =>
      `Nothing was lost. If it comes back, the log of the server and the console of this browser say more${digest === undefined ? '.' : ` under ${digest}.`}`,
  },
  palette: {
    title: 'Find and do',
    hint: 'A page, a pipeline, an agent, an id, or what to do',
    found: 'Found',
    none: 'Nothing is called so.',
  },
  appearance: 'Appearance',
  appearanceOf: (theme: string) => `Appearance: ${theme}`,
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  goTo: (org: string) => `Go over to ${org}`,
  stayed: 'You are still in the same organisation.',
  moved: {
    title: 'You have gone over to another organisation',
    note: (here: string, there: string) =>
      `Your session is in ${there} now, in every tab. This one still shows ${here}: what you do here would not reach it.`,
    here: 'the one before',
    there: 'another organisation',
    back: (org: string) => `Back to ${org}`,
    on: (org: string) => `Go on in ${org}`,
  },
};
