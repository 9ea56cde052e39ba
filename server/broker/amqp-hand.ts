import { randomUUID } from 'node:crypto';
import type { Channel, Message } from 'amqplib';
import { type Acks, makeAcks } from './amqp-acks.ts';
import { type Envelope, readEnvelope } from './amqp-message.ts';
import type { WireMessage } from './amqp-publisher.ts';
import { type Delivery, type PublishOutcome, retryDelayMs, tooManyReturns } from './port.ts';
import { HEADER, PRIORITY_LEVEL, type Topology } from './topology.ts';

export interface HandOptions {
  queue: string;
  topology: Topology;
  maxRedeliveries: number;
  now: () => number;
  publish: (messages: readonly WireMessage[]) => Promise<PublishOutcome[]>;
  onDelivery: (delivery: Delivery) => void;
  onHandlerError: (error: unknown) => void;
}

/** The messages that one channel has given us and that are not settled. */
export interface Hand {
  receive(message: Message): void;
  size(): number;
  /** The copies that are on their way to the broker have arrived, and their originals are acknowledged. */
  moved(): Promise<unknown>;
  /** The channel is gone or about to be: the broker gets back what is unsettled, and nothing may be settled any more. */
  drop(): void;
}

/** How long to wait before moving a message once more when the broker did not take its copy. */
const MOVE_AGAIN_MS = 500;

/**
 * Classic queues say that a message was delivered before, but not how often. So a message that comes back is first
 * moved: a copy with its count raised is published, and when that is confirmed, the original is acknowledged. The
 * count thus lives on the broker and outlives every crash, on every version alike.
 */
export function makeHand(channel: Channel, options: HandOptions): Hand {
  const acks: Acks = makeAcks(channel);
  const timers = new Set<NodeJS.Timeout>();
  const moves = new Set<Promise<void>>();
  let gone = false;

  const later = (act: () => void, delayMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };

  /** Publishes the copy, then settles the original; as often as it takes while the channel lives. */
  const move = (original: Message, copy: WireMessage): void => {
    if (gone) return;
    const moving = options.publish([copy]).then(([outcome]) => {
      moves.delete(moving);
      if (gone) return;
      if (outcome === 'confirmed') acks.ack(original);
      else later(() => move(original, copy), MOVE_AGAIN_MS);
    });
    moves.add(moving);
  };

  const comeBack = (original: Message, envelope: Envelope): void => {
    const redeliveries = envelope.redeliveries + 1;
    const copy =
      redeliveries > options.maxRedeliveries
        ? deadLetter(envelope, tooManyReturns(options.maxRedeliveries), options)
        : returnedCopy(envelope, redeliveries, options);
    move(original, copy);
  };

  const makeDelivery = (original: Message, envelope: Envelope): Delivery => {
    let decided = false;
    const decide = (): boolean => {
      if (decided || gone) return false;
      decided = true;
      return true;
    };
    const { redeliveries } = envelope;
    return {
      messageId: envelope.messageId,
      queue: options.queue,
      body: envelope.body,
      headers: envelope.headers,
      priority: envelope.priority,
      redelivered: redeliveries > 0,
      redeliveries,
      publishedAt: envelope.publishedAt,
      receivedAt: options.now(),
      ack() {
        if (decide()) acks.ack(original);
      },
      retry() {
        if (decide()) later(() => comeBack(original, envelope), retryDelayMs(redeliveries));
      },
      reject(reason) {
        if (decide()) move(original, deadLetter(envelope, reason, options));
      },
    };
  };

  return {
    receive(message) {
      acks.opened(message);
      const envelope = readEnvelope(message);
      if (message.fields.redelivered) {
        comeBack(message, envelope);
        return;
      }
      try {
        options.onDelivery(makeDelivery(message, envelope));
      } catch (error) {
        options.onHandlerError(error);
      }
    },
    size: acks.open,
    moved: () => Promise.all(moves),
    drop() {
      acks.flush();
      gone = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

function returnedCopy(
  envelope: Envelope,
  redeliveries: number,
  { queue, topology, now }: HandOptions,
): WireMessage {
  return {
    exchange: topology.taskExchange,
    routingKey: topology.wireQueue(queue),
    messageId: envelope.messageId,
    body: envelope.body,
    priorityLevel: PRIORITY_LEVEL[envelope.priority],
    headers: {
      ...envelope.headers,
      [HEADER.redeliveries]: redeliveries,
      [HEADER.publishedAt]: envelope.publishedAt ?? now(),
    },
  };
}

function deadLetter(envelope: Envelope, reason: string, { queue, topology, now }: HandOptions): WireMessage {
  return {
    exchange: topology.deadLetterExchange,
    routingKey: topology.wireQueue(queue),
    messageId: envelope.messageId,
    body: envelope.body,
    priorityLevel: PRIORITY_LEVEL[envelope.priority],
    headers: {
      ...envelope.headers,
      [HEADER.redeliveries]: envelope.redeliveries,
      [HEADER.deadId]: randomUUID(),
      [HEADER.deadReason]: reason.slice(0, 1000),
      [HEADER.deadQueue]: queue,
      [HEADER.deadAt]: now(),
    },
  };
}
