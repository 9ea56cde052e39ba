/** What a browser is called that somebody is signed in with. */
export const browserWords = {
  on: (browser: string, system: string) => `${browser} on ${system}`,
} as const;
