/** So many rows on either side of the one that was opened are remembered; whoever wants more goes back to the list. */
const REACH = 100;

/** The rows around one, itself among them. */
export function around(keys: readonly string[], key: string): string[] {
  const at = keys.indexOf(key);
  return at === -1 ? [] : keys.slice(Math.max(0, at - REACH), at + REACH + 1);
}

export interface Neighbours {
  previous: string | undefined;
  next: string | undefined;
}

/** Undefined: it is in no list that somebody came from. */
export function neighboursOf(keys: readonly string[], key: string): Neighbours | undefined {
  const at = keys.indexOf(key);
  return at === -1 ? undefined : { previous: keys[at - 1], next: keys[at + 1] };
}
