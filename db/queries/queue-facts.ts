import type { Sql } from '../client.ts';

export interface QueueFacts {
  queue: string;
  /** Since the first of the tasks that lie in it could have been begun; null when none does. */
  oldestMs: number | null;
  /** Tasks that were taken from it and are not over. */
  inHand: number;
}

/** What is known of each queue that tasks wait in or were taken from, whichever process put them there. It takes no lock. */
export async function readQueueFacts(sql: Sql): Promise<QueueFacts[]> {
  // A task that is out falls due at some time, so its run has a wake-up time: by that index the runs under way are found.
  return sql<QueueFacts[]>`
    SELECT t.queue, count(*) FILTER (WHERE t.status = 'running')::int AS "inHand",
      (extract(epoch FROM now() - min(t.ready_at) FILTER (WHERE t.status = 'queued')) * 1000)::float8 AS "oldestMs"
    FROM runs r JOIN tasks t ON t.run_id = r.id
    WHERE r.wake_at IS NOT NULL AND t.status IN ('queued', 'running') AND t.queue IS NOT NULL
    GROUP BY t.queue`;
}
