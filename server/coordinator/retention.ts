import { connectDatabase, type Sql } from '#db/client.ts';
import {
  deleteExpired,
  dropWeek,
  ensureParts,
  finishDetachments,
  isWeekExpired,
  type KeepDays,
  listPastWeeks,
  listWeeksOfRuns,
  SHEDDINGS,
  type Shedding,
  shed,
} from '#db/queries/expire.ts';
import { type CollectorOptions, createObjectCollector } from './object-collector.ts';

export interface RetentionOptions {
  /** The job opens a connection of its own for each run: the lock belongs to the connection that took it. */
  url: string;
  keepDays: KeepDays;
  intervalMs?: number;
  /** Rows deleted in one statement. */
  batch?: number;
  /** Left out: objects are not collected. */
  collect?: Pick<CollectorOptions, 'objects' | 'graceMs' | 'random'>;
  onTrouble(message: string, error: unknown): void;
}

export interface RetentionReport {
  /** Runs deleted one by one; those of dropped weeks are not counted. */
  runs: number;
  /** Weeks, since 1970, whose parts were dropped. */
  weeks: number[];
  shed: Record<Shedding, number>;
  /** Deleted since no run needs them. */
  objects: number;
}

export interface Retention {
  start(): void;
  /** Resolves when no work is under way; a run that is stopped ends after its current statement. */
  stop(): Promise<void>;
  /** Does the whole job once. Null when another process is at it. */
  run(): Promise<RetentionReport | null>;
}

/** Any number that nobody else locks; see the migrations' own. */
const RETENTION_LOCK = 0x5167_6e62;
const HOUR_MS = 3_600_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Makes parts for the weeks to come, and gives back what is kept no longer. All times are the database's. */
export function createRetention(options: RetentionOptions): Retention {
  const { keepDays } = options;
  const batch = options.batch ?? 500;
  const days = Object.values(keepDays);
  const [shortestDays, longestDays] = [Math.min(...days), Math.max(...days)];
  const collector =
    options.collect &&
    createObjectCollector({
      ...options.collect,
      now: Date.now,
      isStopped: () => stopped,
      onTrouble: options.onTrouble,
    });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;

  async function run(): Promise<RetentionReport | null> {
    const sql = connectDatabase({ url: options.url, applicationName: 'signalbox-retention', max: 1 });
    try {
      const [row] = await sql<{ got: boolean }[]>`SELECT pg_try_advisory_lock(${RETENTION_LOCK}) AS got`;
      if (!row?.got) return null;
      // Rather come again in an hour than make others wait behind a lock that is waited for.
      await sql`SET lock_timeout = '5s'`;
      return await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  async function work(sql: Sql): Promise<RetentionReport> {
    await ensureParts(sql);
    await finishDetachments(sql);
    const { weeks, broken } = await dropExpiredWeeks(sql);
    const runs = await deleteExpiredRuns(sql, broken);
    const shedRows: [string, number][] = [];
    for (const table of Object.keys(SHEDDINGS) as Shedding[])
      shedRows.push([table, await shedAll(sql, table)]);
    // Last, so that it finds what has just become of no use; and a store that is away spoils nothing else.
    const objects = (await collector?.run(sql)) ?? 0;
    return { runs, weeks, shed: Object.fromEntries(shedRows) as RetentionReport['shed'], objects };
  }

  /** Whole weeks first: what goes with its part need not be deleted row by row. */
  async function dropExpiredWeeks(sql: Sql): Promise<{ weeks: number[]; broken: Set<number> }> {
    const weeks: number[] = [];
    const broken = new Set<number>();
    for (const week of await listPastWeeks(sql)) {
      if (stopped || !(await isWeekExpired(sql, week, keepDays))) continue;
      try {
        await dropWeek(sql, week);
        weeks.push(week);
      } catch (error) {
        broken.add(week);
        options.onTrouble(`The parts of week ${week} could not be dropped; it is tried again.`, error);
      }
    }
    return { weeks, broken };
  }

  async function deleteExpiredRuns(sql: Sql, without: ReadonlySet<number>): Promise<number> {
    let total = 0;
    for (const week of await listWeeksOfRuns(sql, keepDays)) {
      if (without.has(week)) continue;
      for (let after: string | null = FIRST_ID; after !== null && !stopped; ) {
        const page = await deleteExpired(sql, { week, keep: keepDays }, { after, limit: batch });
        total += page.deleted;
        after = page.last;
      }
    }
    return total;
  }

  async function shedAll(sql: Sql, table: Shedding): Promise<number> {
    let total = 0;
    while (!stopped) {
      const days = table === 'idempotency_keys' ? shortestDays : longestDays;
      const count = await shed(sql, table, { days, limit: batch });
      total += count;
      if (count < batch) break;
    }
    return total;
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = run()
        .catch((error) => options.onTrouble('Retention did not finish; it is tried again.', error))
        .then(() => schedule(options.intervalMs ?? HOUR_MS));
    }, delayMs);
    timer.unref();
  }

  return {
    start() {
      stopped = false;
      schedule(0);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
    run,
  };
}
