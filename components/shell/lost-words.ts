/** What people read where there is no page, or a broken one. */
export const lostWords = {
  noPage: {
    title: 'There is no such page',
    note: 'The address may be mistyped, or what it led to is gone.',
    home: 'To the start',
  },
  noThing: {
    note: 'The address may be mistyped, it may be gone, or it belongs to an organisation that you are not in just now.',
    back: (place: string) => `Back to ${place}`,
  },
  broken: {
    title: 'This page stumbled over an error of ours',
    note: (digest: string | undefined) =>
      `Nothing was lost. If it comes back, the log of the server and the console of this browser say more${digest === undefined ? '.' : ` under ${digest}.`}`,
  },
} as const;
