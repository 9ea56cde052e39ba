import type { Channel, ChannelModel, Options } from 'amqplib';
import { orGiveUp } from './amqp-link.ts';
import { MAX_PRIORITY_LEVEL, type Topology } from './topology.ts';

/** Dead letters are kept for people to read; past this many the oldest go. */
const MAX_DEAD_LETTERS = 100_000;

/**
 * Classic queues, said so because a virtual host of RabbitMQ 4 may make quorum queues by default: they honour three
 * priorities on 3.10 to 4.x alike and answer in a third of the time. README.md has the reasons.
 */
export function queueOptions(topology: Topology, wireName: string): Options.AssertQueue {
  if (wireName === topology.deadLetterQueue) {
    return { durable: true, arguments: { 'x-queue-type': 'classic', 'x-max-length': MAX_DEAD_LETTERS } };
  }
  return {
    durable: true,
    arguments: {
      'x-queue-type': 'classic',
      'x-max-priority': MAX_PRIORITY_LEVEL,
      'x-dead-letter-exchange': topology.deadLetterExchange,
      'x-dead-letter-routing-key': wireName,
    },
  };
}

export interface Declarer {
  exchangesAndDeadLetters(model: ChannelModel): Promise<void>;
  /** Idempotent. A queue that somebody made with other arguments is used as it is, with a warning. */
  queue(model: ChannelModel, queue: string): Promise<void>;
}

export function makeDeclarer(topology: Topology, onWarning: (message: string) => void): Declarer {
  const declareQueue = async (model: ChannelModel, wireName: string, exchange: string): Promise<void> => {
    try {
      await withChannel(model, async (channel) => {
        await channel.assertQueue(wireName, queueOptions(topology, wireName));
        await channel.bindQueue(wireName, exchange, wireName);
      });
    } catch (error) {
      if (!hasOtherArguments(error)) throw error;
      onWarning(
        `The queue ${wireName} exists with other arguments, so priorities or dead letters may not work in it. ` +
          'Delete it when it is empty, and it will be declared as it should be.',
      );
      await withChannel(model, (channel) => channel.bindQueue(wireName, exchange, wireName));
    }
  };

  return {
    async exchangesAndDeadLetters(model) {
      await withChannel(model, async (channel) => {
        await channel.assertExchange(topology.taskExchange, 'direct', { durable: true });
        await channel.assertExchange(topology.eventExchange, 'topic', { durable: true });
        await channel.assertExchange(topology.deadLetterExchange, 'topic', { durable: true });
      });
      await declareQueue(model, topology.deadLetterQueue, topology.deadLetterExchange);
      await withChannel(model, (channel) =>
        channel.bindQueue(topology.deadLetterQueue, topology.deadLetterExchange, '#'),
      );
    },
    queue: (model, queue) => declareQueue(model, topology.wireQueue(queue), topology.taskExchange),
  };
}

export async function withChannel<Result>(
  model: ChannelModel,
  use: (channel: Channel) => Promise<Result>,
): Promise<Result> {
  const channel = await model.createChannel();
  // The same error rejects the call that caused it; without a listener it would also end the process.
  channel.on('error', () => {});
  try {
    return await use(channel);
  } finally {
    await orGiveUp(async () => channel.close());
  }
}

/** The connection is well, and this one thing is not to be had: reserved, somebody else's, or not permitted. */
const REFUSALS: ReadonlySet<unknown> = new Set([403, 405, 406]);

export function isRefused(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && REFUSALS.has(error.code);
}

function hasOtherArguments(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 406;
}
