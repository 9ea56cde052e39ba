/** What an id is of, and its end: that tells those of one minute apart, while its beginning, which is a time, does not. */
export const shortId = (id: string): string => `${id.slice(0, id.indexOf('_') + 1)}…${id.slice(-6)}`;
