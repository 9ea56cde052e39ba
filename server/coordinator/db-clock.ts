import type { Sql } from '#db/client.ts';

/** The database's clock, as far as this process knows it: its own clock and the difference seen at the last answer. */
export interface DbClock {
  now(): number;
  /** What the database said it was, just now. */
  observe(dbNowMs: number): void;
}

export function createDbClock(localNow: () => number): DbClock {
  let offset: number | undefined;
  return {
    now: () => Math.round(localNow() + (offset ?? 0)),
    observe(dbNowMs) {
      // The answer is older than its arrival, never younger: the highest difference is the truest, and it fades
      // slowly so that a clock that was set back is followed too.
      const seen = dbNowMs - localNow();
      offset = offset === undefined || seen > offset ? seen : offset + (seen - offset) * 0.05;
    },
  };
}

/** Asked once before anything is decided by it: a host whose clock is wrong would decide at once what is due in minutes. */
export async function openDbClock(sql: Sql, localNow: () => number): Promise<DbClock> {
  const clock = createDbClock(localNow);
  const [row] = await sql<[{ now_ms: number }]>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`;
  clock.observe(row.now_ms);
  return clock;
}
