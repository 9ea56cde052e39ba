/** The end of an id tells those of one minute apart; its beginning, which is a time, does not. */
export const shortId = (id: string): string => `${id.slice(0, id.indexOf('_') + 5)}…${id.slice(-6)}`;
