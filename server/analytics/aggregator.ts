import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase, type Sql } from '#db/client.ts';
import { isAway } from '#db/is-away.ts';
import {
  advance,
  listCounted,
  type Progress,
  type RollupPlace,
  readProgress,
  replaceRollups,
  sumRollups,
  whileCounting,
} from '#db/queries/analytics-rollups.ts';
import { findUncounted, type Slice } from '#db/queries/analytics-source.ts';
import { RUN_SHAPE, TASK_SHAPE } from '#server/domain/analytics/ledger.ts';
import { DAY_MS, floorTo, HOUR_MS, LEVELS, SLICE_MS } from '#server/domain/analytics/levels.ts';
import { countSlices, type GraphOf, type Rest } from './count-slices.ts';

export interface AggregatorOptions {
  /** Its transactions may take seconds, so it has a connection of its own. */
  url: string;
  graphOf: GraphOf;
  intervalMs?: number;
  onTrouble(message: string, error: unknown): void;
}

export interface Aggregator {
  start(): void;
  /** Ends after the hour that is under way, and closes its connection. */
  stop(): Promise<void>;
  /** Counts all that has ended so far, as fast as it can. False: another process is at it. */
  run(): Promise<boolean>;
}

/**
 * A run's end is committed a moment after the time that it bears. Each look goes back so far, and once an hour and after
 * a start much further: a commit that waited for a database that was away bears the time at which it was decided.
 */
const LOOK_BACK_MS = 900_000;
const LOOK_FAR_BACK_MS = 172_800_000;
const LOOK_FAR_EVERY_MS = 3_600_000;
/** It rests so many times as long as it worked: the engine has the machine for itself nearly all the time. */
const REST = 20;
const LONGEST_REST_MS = 60_000;
/** Within a slice of very many runs it rests after each page, so that calls which come meanwhile find the thread free. */
const REST_OF_PAGE = 4;
/** An hour or a day is summed up when it has been over for so long. What comes even later is counted, and summed anew. */
const SETTLE_MS = 300_000;

/**
 * Counts what has ended, beside the engine and never in its commits. It remembers nothing: what is to be counted is what
 * the tables hold more of than was counted. Each hour is one transaction, so a process that dies leaves it whole or untouched.
 */
export function createAggregator(options: AggregatorOptions): Aggregator {
  const { url, graphOf, intervalMs = 5_000, onTrouble } = options;
  const sql = connectDatabase({ url, applicationName: 'signalbox-analytics', max: 1 });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let lookedFarAt = Number.NEGATIVE_INFINITY;

  const restAfter = (workedMs: number) => sleep(stopped ? 0 : workedMs * REST_OF_PAGE);

  async function run(rest?: Rest): Promise<boolean> {
    const progress = await begin();
    const isFar = progress.now - lookedFarAt >= LOOK_FAR_EVERY_MS;
    const sinceMs =
      progress.countedUntil && progress.countedUntil - (isFar ? LOOK_FAR_BACK_MS : LOOK_BACK_MS);
    const slices = await findUncounted(sql, { sinceMs, sliceMs: SLICE_MS });
    const failed: unknown[] = [];
    // The newest first: it is what people look at.
    for (const hour of Map.groupBy(slices, ({ orgId, at }) => `${orgId} ${floorTo(HOUR_MS, at)}`).values()) {
      if (stopped || !(await countHour(hour, rest).catch(noteIn(failed)))) return false;
    }
    if (!(await seal(progress))) return false;
    // The mark stays where it is, so that hour is found again; all others are counted.
    if (failed.length > 0) throw failed[0];
    await advance(sql, { countedUntil: progress.now });
    if (isFar) lookedFarAt = progress.now;
    return true;
  }

  /**
   * While nothing is counted, the sums of all that is over are there: they are empty. From then on whoever counts a slice
   * of an hour that is over sums that up too, so a first count of much is read quickly while it goes on.
   */
  async function begin(): Promise<Progress> {
    const progress = await readProgress(sql);
    if (progress.hoursUntil !== null) return progress;
    await advance(sql, overAt(progress.now));
    return readProgress(sql);
  }

  /** The slices of one tenant's hour, and the sums that they are part of if these may be there already. */
  async function countHour(slices: readonly Slice[], rest?: Rest): Promise<boolean> {
    const [first] = slices;
    if (!first) return true;
    const done = await whileCounting(sql, async (tx) => {
      const ats = slices.map(({ at }) => at);
      await countSlices(tx, { orgId: first.orgId, ats, ...(rest ? { rest } : {}) }, graphOf);
      // The time is read under the lock: whoever has summed it up before read an earlier one.
      const { now } = await readProgress(tx);
      for (const level of [1, 2] as const) {
        const place = placeOf(first, level);
        if (place.at + LEVELS[level].sizeMs <= now - SETTLE_MS) await sumUp(tx, place);
      }
      return true;
    });
    return done ?? false;
  }

  /** Sums up the hours and days that are over. Readers use them once the mark has moved, which it does last. */
  async function seal({ now, hoursUntil, daysUntil }: Progress): Promise<boolean> {
    const over = overAt(now);
    const hours = { level: 1, sizeMs: HOUR_MS, from: hoursUntil, until: over.hoursUntil };
    const days = { level: 2, sizeMs: DAY_MS, from: daysUntil, until: over.daysUntil };
    for (const { level, ...size } of [hours, days]) {
      if (size.from !== null && size.from >= size.until) continue;
      for (const slice of await listCounted(sql, size)) {
        if (stopped) return false;
        const done = await whileCounting(sql, (tx) => sumUp(tx, { ...slice, level }).then(() => true));
        if (!done) return false;
      }
      await advance(sql, level === 1 ? { hoursUntil: size.until } : { daysUntil: size.until });
    }
    return true;
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      const began = performance.now();
      running = run(restAfter)
        .catch((error) => onTrouble('What has ended could not be counted; it is tried again.', error))
        .then(() =>
          schedule(Math.max(intervalMs, Math.min((performance.now() - began) * REST, LONGEST_REST_MS))),
        );
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
      await sql.end({ timeout: 5 });
    },
    run: () => run(),
  };
}

/** An hour with something in it that cannot be counted is passed over: it must not hide all others, of whatever tenant. */
const noteIn =
  (failed: unknown[]) =>
  (error: unknown): true => {
    if (isAway(error)) throw error;
    failed.push(error);
    return true;
  };

/** Up to when hours and days are over for good, but for what comes very late. */
const overAt = (now: number) => ({
  hoursUntil: floorTo(HOUR_MS, now - SETTLE_MS),
  daysUntil: floorTo(DAY_MS, now - SETTLE_MS),
});

function placeOf({ orgId, at }: Slice, level: 1 | 2): RollupPlace {
  return { orgId, level, at: floorTo(LEVELS[level].sizeMs, at) };
}

/** An hour from its slices, a day from its hours. */
async function sumUp(sql: Sql, place: RollupPlace): Promise<void> {
  const source = {
    ...place,
    level: place.level - 1,
    until: place.at + (place.level === 1 ? HOUR_MS : DAY_MS),
  };
  for (const shape of [RUN_SHAPE, TASK_SHAPE]) {
    const ledgers = new Map([[place.at, await sumRollups(sql, shape, source)]]);
    await replaceRollups(sql, shape, { ...place, ledgers });
  }
}
