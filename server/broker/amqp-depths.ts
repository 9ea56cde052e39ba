import type { Channel, ChannelModel } from 'amqplib';
import { marksOf } from './amqp-message.ts';
import { withChannel } from './amqp-topology.ts';
import type { QueueDepth, QueueTraffic } from './port.ts';
import type { Topology } from './topology.ts';

export interface AmqpDepthsOptions {
  topology: Topology;
  model: () => ChannelModel;
  now: () => number;
  redeclare: (queue: string) => Promise<void>;
  unackedIn: (queue: string) => number;
  trafficOf: (queue: string) => QueueTraffic;
}

export interface AmqpDepths {
  read(queues: readonly string[]): Promise<QueueDepth[]>;
  readIdle(queues: readonly string[]): Promise<ReadonlySet<string>>;
}

const AT_ONCE = 8;

/**
 * Depth and consumers come from a passive declaration, so no management plugin is needed. Only dead letters are looked
 * into: to read a message it is taken and put back, which others would take for one that came back, and nobody consumes
 * those.
 */
export function makeAmqpDepths(options: AmqpDepthsOptions): AmqpDepths {
  const { topology } = options;

  const ageOfNext = async (channel: Channel, wireName: string): Promise<number | null> => {
    const next = await channel.get(wireName, { noAck: false });
    if (!next) return null;
    channel.nack(next, false, true);
    const marks = marksOf(next);
    const since = marks.deadAt ?? marks.publishedAt;
    return typeof since === 'number' ? Math.max(0, options.now() - since) : null;
  };

  const readOne = async (queue: string): Promise<QueueDepth> => {
    const isDeadLetters = queue === topology.deadLetterQueue;
    const wireName = isDeadLetters ? queue : topology.wireQueue(queue);
    return withChannel(options.model(), async (channel) => {
      const { messageCount, consumerCount } = await channel.checkQueue(wireName);
      return {
        queue: isDeadLetters ? topology.portQueue(queue) : queue,
        messages: messageCount,
        consumers: consumerCount,
        oldestAgeMs: isDeadLetters && messageCount > 0 ? await ageOfNext(channel, wireName) : null,
        unacked: isDeadLetters ? 0 : options.unackedIn(queue),
        traffic: options.trafficOf(queue),
      };
    });
  };

  const isIdle = async (queue: string): Promise<boolean> => {
    const { messageCount } = await withChannel(options.model(), (channel) =>
      channel.checkQueue(topology.wireQueue(queue)),
    );
    return messageCount + options.unackedIn(queue) === 0;
  };

  /** Somebody deleted it. It is part of the topology, so it comes back, and it is empty. */
  const withQueue = async <Found>(queue: string, read: (queue: string) => Promise<Found>): Promise<Found> => {
    try {
      return await read(queue);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await options.redeclare(queue);
      return read(queue);
    }
  };

  return {
    read: (queues) => fewAtOnce([...queues, topology.deadLetterQueue], (queue) => withQueue(queue, readOne)),
    async readIdle(queues) {
      const idle = await fewAtOnce(queues, (queue) => withQueue(queue, isIdle));
      return new Set(queues.filter((_, at) => idle[at]));
    },
  };
}

/** A connection has 2047 channels by default, and an installation may have more queues than that. */
async function fewAtOnce<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}
