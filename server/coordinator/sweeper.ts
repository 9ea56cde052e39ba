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

  async function sweep(): Promise<number> {
    const rows = await sql<RunSeen[]>`
      SELECT id, revision FROM runs WHERE wake_at <= now() ORDER BY wake_at LIMIT ${options.batch}`;
    if (rows.length === 0) return 0;
    await options.points.reach('after-sweep');
    await tickAll(rows, { type: 'tick', emptyQueues: await options.emptyQueues() });
    return rows.length;
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
      await tickAll(rows, tick);
    }
  }

  function tickAll(rows: readonly RunSeen[], happening: Happening): Promise<void> {
    return new Promise((resolve) => {
      let left = rows.length;
      const done = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      if (left === 0) resolve();
      for (const { id, revision } of rows) {
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

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = sweep()
        .catch((error) => {
          options.onTrouble('Looking for due runs failed.', error);
          return 0;
        })
        .then((found) => schedule(found >= options.batch ? 0 : options.intervalMs));
    }, delayMs);
    timer.unref();
  }

  return {
    start: () => schedule(options.intervalMs),
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
