/** An answer: when it was asked for and came, by the clock of this browser, and what the server's showed in between. */
export interface HeardTime {
  serverMs: number;
  sentAt: number;
  receivedAt: number;
}

/** What is told of a new reckoning: less than that nobody sees. */
const SEEN_MS = 100;

/**
 * By how much the clock of the server is ahead of this browser's. Each answer says it within the time that it took, all
 * together more closely; within what they leave open the two are taken to agree as far as they can.
 */
export function createServerClock() {
  let bounds = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  let aheadMs = 0;
  const listeners = new Set<() => void>();
  return {
    aheadMs: () => aheadMs,
    hear({ serverMs, sentAt, receivedAt }: HeardTime): void {
      const one = { least: serverMs - receivedAt, most: serverMs - sentAt };
      const all = { least: Math.max(bounds.least, one.least), most: Math.min(bounds.most, one.most) };
      // Where they cannot both be true, one of the clocks has been set since: the newest counts.
      bounds = all.least <= all.most ? all : one;
      const next = Math.min(Math.max(0, bounds.least), bounds.most);
      if (Math.abs(next - aheadMs) < SEEN_MS) return;
      aheadMs = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** That of the server which this page is from. */
export const serverClock = createServerClock();
