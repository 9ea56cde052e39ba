/** What people read about where they are. */
export const words = {
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
