import { createHash } from 'node:crypto';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { marksOf, readEnvelope } from './amqp-message.ts';
import type { WireMessage } from './amqp-publisher.ts';
import { withChannel } from './amqp-topology.ts';
import type { DeadLetter, IsMeant, PublishOutcome } from './port.ts';
import { HEADER, PRIORITY_LEVEL, type Topology } from './topology.ts';

export interface AmqpDeadLettersOptions {
  topology: Topology;
  model: () => ChannelModel;
  publish: (messages: readonly WireMessage[]) => Promise<PublishOutcome[]>;
  now: () => number;
}

export interface AmqpDeadLetters {
  list(limit: number, isMeant: IsMeant): Promise<DeadLetter[]>;
  read(id: string, isMeant: IsMeant): Promise<DeadLetter | null>;
  replay(id: string, isMeant: IsMeant): Promise<boolean>;
  replayAll(which: { limit: number; before: number }, isMeant: IsMeant): Promise<number>;
  discard(id: string, isMeant: IsMeant): Promise<DeadLetter | null>;
}

/** The broker sends all it has at once, so silence means that the rest is in other hands. */
const QUIET_MS = 500;
/** Somebody else who looks at the same moment holds the letters for some milliseconds. */
const LOOKS = 3;
/** What AMQP can ask for at once; for more it is asked without a bound. */
const MAX_PREFETCH = 65_535;

interface Found {
  message: ConsumeMessage;
  letter: DeadLetter;
}

interface Search {
  /** How many letters are looked at, from the oldest on; left out: all that lie there. */
  depth?: number;
  /** How many are kept at most; then nobody looks further. */
  most: number;
  isWanted(letter: DeadLetter): boolean;
}

/**
 * AMQP cannot read a queue without taking from it, so we take without acknowledging and close the channel: the broker
 * then puts everything back where it stood. What is not wanted is let go at once, so that a long queue fills no memory.
 */
export function makeAmqpDeadLetters(options: AmqpDeadLettersOptions): AmqpDeadLetters {
  const { topology } = options;
  let turn: Promise<unknown> = Promise.resolve();

  /** One look at a time: two at once would each see a part. */
  const inTurn = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const mine = turn.then(act, act);
    turn = mine.catch(() => {});
    return mine;
  };

  /** Those that are wanted, while they are in our hands. */
  const pick = <Result>(
    { depth, most, isWanted }: Search,
    act: (found: Found[], look: { channel: Channel; seen: number }) => Result | Promise<Result>,
  ): Promise<Result> =>
    inTurn(() =>
      withChannel(options.model(), async (channel) => {
        const { messageCount } = await channel.checkQueue(topology.deadLetterQueue);
        const found: Found[] = [];
        const seen = await walk(channel, {
          queue: topology.deadLetterQueue,
          count: Math.min(depth ?? messageCount, messageCount),
          goOn(message) {
            const letter = readLetter(message, topology);
            if (isWanted(letter)) found.push({ message, letter });
            return found.length < most;
          },
        });
        return act(found, { channel, seen });
      }),
    );

  /** The one of this id, wherever it lies. */
  const find = async <Result>(
    { id, isMeant }: { id: string; isMeant: IsMeant },
    act: (found: Found, channel: Channel) => Result | Promise<Result>,
  ): Promise<Result | null> => {
    const isWanted = (letter: DeadLetter) => letter.id === id && isMeant(letter.queue);
    for (let tried = 0; tried < LOOKS; tried++) {
      const done = await pick({ most: 1, isWanted }, async ([found], { channel }) =>
        found ? { result: await act(found, channel) } : null,
      );
      if (done) return done.result;
    }
    return null;
  };

  /** All that are wanted of those looked at, in one publish. */
  const replayWithin = (search: Search): Promise<{ replayed: number; seen: number }> =>
    pick(search, async (wanted, { channel, seen }) => {
      if (wanted.length === 0) return { replayed: 0, seen };
      const outcomes = await options.publish(
        wanted.map(({ letter }) => replayed(letter, topology, options.now())),
      );
      const gone = wanted.filter((_, at) => outcomes[at] === 'confirmed');
      for (const { message } of gone) channel.ack(message);
      return { replayed: gone.length, seen };
    });

  return {
    read: (id, isMeant) => find({ id, isMeant }, ({ letter }) => letter),
    async replayAll({ limit, before }, isMeant) {
      const isWanted = ({ queue, deadAt }: DeadLetter) => isMeant(queue) && (deadAt ?? 0) < before;
      const first = await replayWithin({ depth: limit, most: limit, isWanted });
      if (first.replayed > 0 || first.seen < limit) return first.replayed;
      return (await replayWithin({ most: limit, isWanted })).replayed;
    },
    async list(limit, isMeant) {
      const search = { most: limit, isWanted: ({ queue }: DeadLetter) => isMeant(queue) };
      const read = (found: Found[], { seen }: { seen: number }) => ({
        letters: found.map(({ letter }) => letter),
        seen,
      });
      // Most often all of them are meant; only where they are not it is looked further.
      const { letters, seen } = await pick({ ...search, depth: limit }, read);
      return letters.length < limit && seen === limit ? (await pick(search, read)).letters : letters;
    },
    async replay(id, isMeant) {
      const done = await find({ id, isMeant }, async ({ message, letter }, channel) => {
        const [outcome] = await options.publish([replayed(letter, topology, options.now())]);
        if (outcome === 'confirmed') channel.ack(message);
        return outcome === 'confirmed';
      });
      return done ?? false;
    },
    discard: (id, isMeant) =>
      find({ id, isMeant }, ({ message, letter }, channel) => {
        channel.ack(message);
        return letter;
      }),
  };
}

interface Walk {
  queue: string;
  count: number;
  /** False: no further. */
  goOn(message: ConsumeMessage): boolean;
}

/** Looks at messages as they come, oldest first. Answers with how many they were. */
async function walk(channel: Channel, { queue, count, goOn }: Walk): Promise<number> {
  if (count === 0) return 0;
  let seen = 0;
  const enough = Promise.withResolvers<void>();
  let isEnough = false;
  const stop = () => {
    isEnough = true;
    enough.resolve();
  };
  let quiet = setTimeout(stop, QUIET_MS);
  await channel.prefetch(count > MAX_PREFETCH ? 0 : count);
  await channel.consume(queue, (message) => {
    if (!message) return stop();
    // Some are on their way already when enough have come.
    if (isEnough) return;
    seen += 1;
    clearTimeout(quiet);
    if (!goOn(message) || seen >= count) return stop();
    quiet = setTimeout(stop, QUIET_MS);
  });
  await enough.promise;
  clearTimeout(quiet);
  return seen;
}

function replayed(letter: DeadLetter, topology: Topology, nowMs: number): WireMessage {
  return {
    exchange: topology.taskExchange,
    routingKey: topology.wireQueue(letter.queue),
    messageId: letter.messageId,
    body: Buffer.from(letter.body),
    priorityLevel: PRIORITY_LEVEL[letter.priority],
    headers: { ...letter.headers, [HEADER.publishedAt]: nowMs },
  };
}

function readLetter(message: ConsumeMessage, topology: Topology): DeadLetter {
  const { messageId, body, headers, priority, redeliveries } = readEnvelope(message);
  const marks = marksOf(message);
  const byBroker = message.properties.headers?.['x-death']?.[0];
  return {
    id: textOr(marks.deadId, messageId || createHash('sha256').update(body).digest('hex')),
    messageId,
    queue: textOr(marks.deadQueue, topology.portQueue(String(byBroker?.queue ?? message.fields.routingKey))),
    // A foreign consumer that rejects without requeue leaves the broker's word for it.
    reason: textOr(
      marks.deadReason,
      `The broker set it aside: ${String(byBroker?.reason ?? 'no reason given')}.`,
    ),
    deadAt: typeof marks.deadAt === 'number' ? marks.deadAt : secondsToMs(byBroker?.time),
    redeliveries,
    priority,
    body,
    headers,
  };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** AMQP timestamps arrive as `{ '!': 'timestamp', value: <seconds> }`. */
function secondsToMs(time: unknown): number | null {
  if (typeof time !== 'object' || time === null || !('value' in time)) return null;
  return typeof time.value === 'number' ? time.value * 1000 : null;
}
