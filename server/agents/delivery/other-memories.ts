import type { Sql } from '#db/client.ts';
import { ENGINE_DEFAULTS, ON_ITS_WAY_MS } from '#server/domain/engine/happenings.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { EnginePort, QueuedTask } from '../engine-port.ts';

export interface OtherMemories {
  /** Somebody waits at these queues and has found nothing in them here. */
  lookFor(queues: readonly string[]): void;
  stop(): void;
}

export interface OtherMemoriesOptions {
  sql: Sql;
  engine(): EnginePort;
  onTrouble(message: string, error: unknown): void;
}

/** All that wait in this process share a look, and it has no more than one in this time. */
const EVERY_MS = 1000;
/** Tasks of one queue that a look brings. */
const AT_ONCE = 100;

/**
 * Without RabbitMQ each process has queues of its own, and an agent that asks one of them cannot see into those of the
 * others, or of one that has ended. What is queued is in Postgres, though: a task that somebody here waits for in vain is
 * sent once more, by this process, under the same hand-out. Whoever accepts it first has it.
 */
export function createOtherMemories({ sql, engine, onTrouble }: OtherMemoriesOptions): OtherMemories {
  const wanted = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    timer = undefined;
    lookedAt = performance.now();
    const queues = [...wanted];
    wanted.clear();
    const found = await findQueued(sql, queues);
    await Promise.all(found.map((task) => engine().sendAgain(task)));
  }

  return {
    lookFor(queues) {
      for (const queue of queues) wanted.add(queue);
      timer ??= setTimeout(
        () => {
          look().catch((error) =>
            onTrouble('Tasks in the memory of other processes could not be looked for.', error),
          );
        },
        Math.max(0, lookedAt + EVERY_MS - performance.now()),
      ).unref();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

async function findQueued(sql: Sql, queues: readonly string[]): Promise<QueuedTask[]> {
  // Looked at again a fixed time after it was sent, so that says when this was. The engine asks it of what is true by then.
  const dueWithinMs = ENGINE_DEFAULTS.redeliverMs - ON_ITS_WAY_MS;
  const rows = await sql<{ run: string; idx: number; epoch: number; revision: number }[]>`
    SELECT run, idx, epoch, revision FROM (
      SELECT t.run_id AS run, t.idx, t.epoch, r.revision,
        row_number() OVER (PARTITION BY t.queue ORDER BY t.ready_at, t.run_id, t.idx) AS place
      FROM runs r JOIN tasks t ON t.run_id = r.id
      WHERE r.wake_at IS NOT NULL AND t.status = 'queued' AND t.queue IN (SELECT json_array_elements_text(${JSON.stringify(queues)}::text::json))
        AND t.due_at < now() + ${String(dueWithinMs)}::text::int * interval '1 ms') AS queued
    WHERE place <= ${String(AT_ONCE)}::text::int ORDER BY place`;
  return rows.map(({ run, idx, epoch, revision }) => ({
    ...{ runId: fromUuid('run', run), index: idx },
    ...{ epoch, revision },
  }));
}
