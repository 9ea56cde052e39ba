import type { Sql } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { createAggregator } from '#server/analytics/aggregator.ts';

/** The figures of what is in the database, so that no process begins to make them while something is timed. */
export async function countHistory(sql: Sql, url: string): Promise<void> {
  const aggregator = createAggregator({ url, graphOf: createGraphCache(sql), onTrouble: console.error });
  // A server that runs counts too, and one at a time.
  while (!(await aggregator.run()));
  await aggregator.stop();
}
