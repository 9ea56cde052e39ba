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

/** How far into the queue one letter is looked for. */
const SEARCH_LIMIT = 10_000;
/** The broker sends all it has at once, so silence means that the rest is in other hands. */
const QUIET_MS = 500;
/** Somebody else who looks at the same moment holds the letters for some milliseconds. */
const LOOKS = 3;

interface Visit {
  channel: Channel;
  message: ConsumeMessage;
  letter: DeadLetter;
}

/**
 * AMQP cannot read a queue without taking from it, so we take without acknowledging and close the channel: the broker
 * then puts everything back where it stood.
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

  /** Shows up to `limit` letters, oldest first, until `visit` has something to return. */
  const look = <Result>(
    limit: number,
    visit: (visit: Visit) => Promise<Result | null>,
  ): Promise<Result | null> =>
    inTurn(() =>
      withChannel(options.model(), async (channel) => {
        const { messageCount } = await channel.checkQueue(topology.deadLetterQueue);
        const count = Math.min(limit, messageCount);
        if (count === 0) return null;
        for (const message of await take(channel, topology.deadLetterQueue, count)) {
          const found = await visit({ channel, message, letter: readLetter(message, topology) });
          if (found !== null) return found;
        }
        return null;
      }),
    );

  const find = async <Result>(
    { id, isMeant }: { id: string; isMeant: IsMeant },
    act: (visit: Visit) => Promise<Result | null>,
  ): Promise<Result | null> => {
    for (let tried = 0; tried < LOOKS; tried++) {
      const found = await look(SEARCH_LIMIT, async (visit) =>
        visit.letter.id === id && isMeant(visit.letter.queue) ? act(visit) : null,
      );
      if (found !== null) return found;
    }
    return null;
  };

  async function listWithin(
    depth: number,
    { limit, isMeant }: { limit: number; isMeant: IsMeant },
  ): Promise<{ letters: DeadLetter[]; seen: number }> {
    const letters: DeadLetter[] = [];
    let seen = 0;
    await look(depth, async ({ letter }) => {
      seen += 1;
      if (isMeant(letter.queue)) letters.push(letter);
      return letters.length >= limit ? letters : null;
    });
    return { letters, seen };
  }

  /** Of the first `depth` letters those that are meant, all in one publish. */
  const replayWithin = (
    depth: number,
    isWanted: (letter: DeadLetter) => boolean,
    limit: number,
  ): Promise<{ replayed: number; seen: number }> =>
    inTurn(() =>
      withChannel(options.model(), async (channel) => {
        const { messageCount } = await channel.checkQueue(topology.deadLetterQueue);
        const count = Math.min(depth, messageCount);
        if (count === 0) return { replayed: 0, seen: 0 };
        const taken = await take(channel, topology.deadLetterQueue, count);
        const wanted = taken
          .map((message) => ({ message, letter: readLetter(message, topology) }))
          .filter(({ letter }) => isWanted(letter))
          .slice(0, limit);
        const outcomes = await options.publish(
          wanted.map(({ letter }) => replayed(letter, topology, options.now())),
        );
        const gone = wanted.filter((_, at) => outcomes[at] === 'confirmed');
        for (const { message } of gone) channel.ack(message);
        return { replayed: gone.length, seen: taken.length };
      }),
    );

  return {
    read: (id, isMeant) => find({ id, isMeant }, async ({ letter }) => letter),
    async replayAll({ limit, before }, isMeant) {
      const isWanted = ({ queue, deadAt }: DeadLetter) => isMeant(queue) && (deadAt ?? 0) < before;
      const first = await replayWithin(limit, isWanted, limit);
      if (first.replayed > 0 || first.seen < limit) return first.replayed;
      return (await replayWithin(SEARCH_LIMIT, isWanted, limit)).replayed;
    },
    async list(limit, isMeant) {
      // Most often all of them are meant; only where they are not it is looked further.
      const { letters, seen } = await listWithin(limit, { limit, isMeant });
      return letters.length < limit && seen === limit
        ? (await listWithin(SEARCH_LIMIT, { limit, isMeant })).letters
        : letters;
    },
    async replay(id, isMeant) {
      const done = await find({ id, isMeant }, async ({ channel, message, letter }) => {
        const [outcome] = await options.publish([replayed(letter, topology, options.now())]);
        if (outcome === 'confirmed') channel.ack(message);
        return outcome === 'confirmed';
      });
      return done ?? false;
    },
    discard: (id, isMeant) =>
      find({ id, isMeant }, async ({ channel, message, letter }) => {
        channel.ack(message);
        return letter;
      }),
  };
}

async function take(channel: Channel, queue: string, count: number): Promise<ConsumeMessage[]> {
  const taken: ConsumeMessage[] = [];
  const enough = Promise.withResolvers<void>();
  let quiet = setTimeout(enough.resolve, QUIET_MS);
  await channel.prefetch(count);
  await channel.consume(queue, (message) => {
    if (!message) return enough.resolve();
    taken.push(message);
    clearTimeout(quiet);
    if (taken.length >= count) enough.resolve();
    else quiet = setTimeout(enough.resolve, QUIET_MS);
  });
  await enough.promise;
  clearTimeout(quiet);
  return taken;
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
