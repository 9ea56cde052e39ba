import type { Sql } from '#db/client.ts';
import { readQueueFacts } from '#db/queries/queue-facts.ts';
import type { Broker, QueueDepth } from '#server/broker/port.ts';
import { DEAD_LETTER_QUEUE, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import type { QueueDesk } from '#server/services/context.ts';

/** Of these nothing is in the database: they hold what agents say and what nobody could read. */
const OF_MESSAGES: ReadonlySet<string> = new Set([RESPONSE_QUEUE, DEAD_LETTER_QUEUE]);

/**
 * The broker, with what the database knows of its queues: it knows of tasks in all processes and with agents that take
 * from RabbitMQ themselves, and is asked without taking a message from its place.
 */
export function createQueueDesk(broker: Broker, sql: Sql): QueueDesk {
  return {
    ...broker,
    async depths() {
      const [depths, facts] = await Promise.all([broker.depths(), readQueueFacts(sql)]);
      const known = new Map(facts.map((each) => [each.queue, each]));
      return depths.map((depth): QueueDepth => {
        if (OF_MESSAGES.has(depth.queue)) return depth;
        const { oldestMs = null, inHand = 0 } = known.get(depth.queue) ?? {};
        return { ...depth, oldestAgeMs: oldestMs === null ? null : Math.max(0, oldestMs), unacked: inHand };
      });
    },
  };
}
