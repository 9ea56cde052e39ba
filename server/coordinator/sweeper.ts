import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import { type AgentId, fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Coordinator } from './coordinator.ts';
import type { PausePoints } from './pause-points.ts';

export interface SweeperOptions {
  sql: Sql;
  coordinator: Coordinator;
  points: PausePoints;
  intervalMs: number;
  /** Runs asked for in one look; more are taken at once when a look was full. */
  batch: number;
  /** Which queues hold nothing, so that what was sent there and not answered is lost. */
  emptyQueues(): Promise<ReadonlySet<string>>;
  onTrouble(message: string, error: unknown): void;
}

export interface Sweeper {
  start(): void;
  stop(): Promise<void>;
  /** One look at what is due; says how many runs were. */
  sweep(): Promise<number>;
  /** Looks at these at once, at whatever is in them: something of them waits that may find its agent here. */
  look(runs: readonly { id: RunId; revision: number }[]): void;
  /** Looks at every open run at once: after a start, or when another coordinator has gone. */
  adopt(gone: ReadonlySet<AgentId>): Promise<number>;
}

/** A look that takes longer goes on by itself: runs that wait for the object store must not hold up all others. */
const PATIENCE_MS = 2000;
/** So many may be looked at for so long; then it waits for some of them. */
const MOST_UNDER_WAY = 2000;
/** Whoever could not be heard for so long is given time to be heard again. */
const STALL_MS = 5000;
const HUSH_MS = 10_000;

interface RunSeen {
  id: string;
  revision: number;
}

/**
 * Finds runs whose wake-up time has come by the database's clock and tells the coordinator that time has passed.
 * It decides nothing itself; two sweepers on one run cost one refused commit.
 */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { sql, coordinator } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;
  /** Runs that are being looked at, at which revision. */
  const looking = new Map<RunId, number>();
  /** Runs that were found due, and are not decided on yet. */
  const underWay = new Set<string>();
  let lookedAt = performance.now();
  let hushedUntil = 0;

  async function sweep(): Promise<number> {
    const { found, done } = await beginSweep();
    await done;
    return found;
  }

  async function beginSweep(): Promise<{ found: number; done: Promise<void> }> {
    const rows = await sql<RunSeen[]>`
      SELECT id, revision FROM runs
      WHERE wake_at <= now() AND NOT (id = ANY (${`{${[...underWay].join(',')}}`}::text::uuid[]))
      ORDER BY wake_at LIMIT ${options.batch}`;
    const unheard = isHushed() ? { unheard: true } : {};
    lookedAt = performance.now();
    if (rows.length === 0) return { found: 0, done: Promise.resolve() };
    await options.points.reach('after-sweep');
    const emptyQueues = await options.emptyQueues();
    return { found: rows.length, done: tickAll(rows, { type: 'tick', emptyQueues, ...unheard }) };
  }

  /** Whether signs of life may have found a closed door a moment ago: leases that ran out meanwhile prove nothing. */
  function isHushed(): boolean {
    const now = performance.now();
    const stalledMs = Math.max(now - lookedAt, coordinator.stalledMs());
    if (stalledMs > STALL_MS + options.intervalMs) hushedUntil = now + HUSH_MS;
    return now < hushedUntil;
  }

  async function adopt(gone: ReadonlySet<AgentId>): Promise<number> {
    let after = '00000000-0000-0000-0000-000000000000';
    let total = 0;
    for (;;) {
      const rows = await sql<RunSeen[]>`
        SELECT id, revision FROM runs WHERE wake_at IS NOT NULL AND id > ${after}::uuid ORDER BY id LIMIT ${options.batch}`;
      const last = rows.at(-1);
      if (!last) return total;
      after = last.id;
      total += rows.length;
      const emptyQueues = await options.emptyQueues();
      // Agents may have beaten against a closed door: they are heard before their leases count again.
      const tick: Happening = { type: 'tick', emptyQueues, gone, full: true, unheard: true };
      await withinPatience(tickAll(rows, tick));
    }
  }

  /** However long it takes, but for what there would be too much of. */
  async function withinPatience(ticks: Promise<void>): Promise<void> {
    const pause = (ms: number) => sleep(ms, undefined, { ref: false });
    await Promise.race([ticks, pause(PATIENCE_MS)]);
    while (underWay.size >= MOST_UNDER_WAY && !stopped) await pause(100);
  }

  function tickAll(rows: readonly RunSeen[], happening: Happening): Promise<void> {
    return new Promise((resolve) => {
      let left = rows.length;
      if (left === 0) resolve();
      for (const { id, revision } of rows) {
        underWay.add(id);
        const done = () => {
          underWay.delete(id);
          left -= 1;
          if (left === 0) resolve();
        };
        const runId = fromUuid('run', id);
        // An old belief may find nothing due, write nothing, and so never be refused.
        coordinator.forgetBefore(runId, { revision });
        coordinator.submit({
          entries: [{ runId, happening, reply: done }],
          fail: (error) => {
            options.onTrouble(`A look at ${runId} failed.`, error);
            done();
          },
        });
      }
    });
  }

  function look(runs: readonly { id: RunId; revision: number }[]): void {
    const fresh = runs.filter(({ id, revision }) => (looking.get(id) ?? -1) < revision);
    for (const { id, revision } of fresh) looking.set(id, revision);
    const seen = fresh.map(({ id, revision }) => ({ id: toUuid(id), revision }));
    void tickAll(seen, { type: 'tick', full: true }).then(() => {
      for (const { id, revision } of fresh) if (looking.get(id) === revision) looking.delete(id);
    });
  }

  async function lookOnce(): Promise<number> {
    const { found, done } = await beginSweep();
    await withinPatience(done);
    lookedAt = performance.now();
    return found;
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = lookOnce()
        .catch((error) => {
          options.onTrouble('Looking for due runs failed.', error);
          return 0;
        })
        .then((found) => schedule(found >= options.batch ? 0 : options.intervalMs));
    }, delayMs);
    timer.unref();
  }

  return {
    start() {
      lookedAt = performance.now();
      schedule(options.intervalMs);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
    sweep,
    look,
    adopt,
  };
}
