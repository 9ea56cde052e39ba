import type { Broker, Delivery, Subscription } from '#server/broker/port.ts';
import { parseJsonBounded } from '#server/domain/json.ts';
import { tasksMessageSchema } from '#server/domain/messages.ts';
import { giveBack, type Piece, piecesOf } from './work-in-hand.ts';

export interface Shelf {
  /** Somebody waits here. Returns how to leave; the arrival of work calls `onWork`. */
  join(onWork: () => void): () => void;
  take(max: number): Piece[];
  putBack(pieces: readonly Piece[]): void;
  close(): Promise<void>;
}

/** Messages in hand; each may hold many tasks. */
const PREFETCH = 4;
/** What lies here is kept for so long after the last visitor left: most come again at once. */
const LINGER_MS = 1000;
const MAX_MESSAGE = { maxBytes: 16 * 1024 * 1024, maxDepth: 80 };

/** One queue of work for visitors: filled from the broker while somebody waits, given back when nobody does. */
export function createPullShelf(options: {
  broker: Broker;
  queue: string;
  newMessageId(): string;
  onTrouble(message: string, error: unknown): void;
}): Shelf {
  const { broker, queue } = options;
  const visitors = new Set<() => void>();
  let pieces: Piece[] = [];
  let subscription: Subscription | null = null;
  let linger: NodeJS.Timeout | undefined;
  /** Opening and closing, one after the other. */
  let steps: Promise<void> = Promise.resolve();

  function step(act: () => Promise<void>): Promise<void> {
    steps = steps
      .then(act)
      .catch((error) => options.onTrouble(`The queue ${queue} could not be read.`, error));
    return steps;
  }

  function receive(delivery: Delivery): void {
    const { buffer, byteOffset, byteLength } = delivery.body;
    const json = parseJsonBounded(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'), MAX_MESSAGE);
    const message = json.ok ? tasksMessageSchema.safeParse(json.value) : null;
    if (!message?.success) {
      delivery.reject('It is no message with tasks.');
      return;
    }
    pieces.push(...piecesOf(delivery, message.data.tasks, Date.now()));
    for (const wake of [...visitors]) wake();
  }

  async function open(): Promise<void> {
    if (subscription || visitors.size === 0) return;
    await broker.ensureQueue(queue);
    subscription = await broker.consume(queue, { prefetch: PREFETCH }, receive);
  }

  /** New messages for what lies here, so that it does not count as having come back; then the old ones are let go. */
  async function shut(): Promise<void> {
    if (!subscription || visitors.size > 0) return;
    await subscription.pause();
    const left = pieces;
    pieces = [];
    if (left.length > 0) await giveBack(broker, left, options.newMessageId);
    await subscription.stop();
    subscription = null;
  }

  return {
    join(onWork) {
      clearTimeout(linger);
      visitors.add(onWork);
      void step(open);
      return () => {
        visitors.delete(onWork);
        if (visitors.size > 0) return;
        clearTimeout(linger);
        linger = setTimeout(() => void step(shut), LINGER_MS);
        linger.unref();
      };
    },
    take(max) {
      const taken = pieces.slice(0, max);
      pieces = pieces.slice(taken.length);
      return taken;
    },
    putBack(back) {
      pieces = [...back, ...pieces];
    },
    async close() {
      clearTimeout(linger);
      visitors.clear();
      await step(shut);
    },
  };
}
