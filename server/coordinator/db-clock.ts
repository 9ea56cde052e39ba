/** The database's clock, as far as this process knows it: its own clock and the difference seen at the last answer. */
export interface DbClock {
  now(): number;
  /** What the database said it was, just now. */
  observe(dbNowMs: number): void;
}

export function createDbClock(localNow: () => number): DbClock {
  let offset = 0;
  return {
    now: () => Math.round(localNow() + offset),
    observe(dbNowMs) {
      // The answer is older than its arrival, never younger: the highest difference is the truest, and it fades
      // slowly so that a clock that was set back is followed too.
      const seen = dbNowMs - localNow();
      offset = seen > offset ? seen : offset + (seen - offset) * 0.05;
    },
  };
}
