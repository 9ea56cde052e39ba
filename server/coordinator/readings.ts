import type { Broker, Delivery, Subscription } from '#server/broker/port.ts';

export interface ReadingsOptions {
  broker: Pick<Broker, 'consume'>;
  queue: string;
  /** Messages in hand at once, those that wait for something not counted. */
  prefetch: number;
  /** Resolves when the message is settled. */
  take(delivery: Delivery): Promise<void>;
  onTrouble(message: string, error: unknown): void;
}

/** A queue that is read on, although some of what came from it has to wait in hand. */
export interface Readings {
  start(): Promise<void>;
  /** What is in hand waits for something that the others do not need. Returns how to say that it goes on. */
  wait(bytes: number): () => void;
  /** Takes nothing new. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

/** As many times the prefetch, and so much memory: what comes then waits at the broker. */
const MOST = 16;
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

interface Reading {
  subscription: Subscription | null;
  inHand: number;
}

/**
 * What waits keeps its place with the broker, so that nothing is lost with the process. For as many as wait there are
 * further subscriptions: half of the prefetch is always free for others. They end when nothing waits any more, each once
 * what came by it is settled, as what is given back counts as having come back.
 */
export function createReadings(options: ReadingsOptions): Readings {
  const { broker, queue, prefetch } = options;
  const active: Reading[] = [];
  const closing = new Set<Reading>();
  let waiting = 0;
  let waitingBytes = 0;
  let isOver = false;
  let opening: Promise<void> | null = null;

  async function open(): Promise<void> {
    const reading: Reading = { subscription: null, inHand: 0 };
    active.push(reading);
    try {
      reading.subscription = await broker.consume(queue, { prefetch }, (delivery) => take(reading, delivery));
    } catch (error) {
      active.splice(active.indexOf(reading), 1);
      throw error;
    }
  }

  function take(reading: Reading, delivery: Delivery): void {
    reading.inHand += 1;
    void options.take(delivery).finally(() => {
      reading.inHand -= 1;
      if (closing.has(reading)) closeIfEmpty(reading);
    });
  }

  function closeIfEmpty(reading: Reading): void {
    if (isOver || reading.inHand > 0) return;
    closing.delete(reading);
    reading.subscription?.stop().catch(stumble);
  }

  const stumble = (error: unknown): void =>
    options.onTrouble('What waits could not be made room for; others may wait behind it.', error);

  const isShort = (): boolean =>
    !isOver &&
    active.length < MOST &&
    waitingBytes < MAX_WAITING_BYTES &&
    active.length * prefetch - waiting < prefetch / 2;

  function grow(): void {
    if (opening !== null || !isShort()) return;
    opening = open()
      .then(
        () => true,
        (error) => stumble(error),
      )
      .then((isOpen) => {
        opening = null;
        if (isOpen) settle();
      });
  }

  function settle(): void {
    if (waiting > 0) return grow();
    if (isOver || opening !== null) return;
    for (const reading of active.splice(1)) {
      closing.add(reading);
      reading.subscription?.pause().then(() => closeIfEmpty(reading), stumble);
    }
  }

  const each = async (act: (subscription: Subscription) => Promise<void>): Promise<void> => {
    await opening;
    await Promise.all(
      [...active, ...closing].map(async ({ subscription }) => subscription && act(subscription)),
    );
  };

  return {
    async start() {
      if (active.length === 0) await open();
    },
    wait(bytes) {
      waiting += 1;
      waitingBytes += bytes;
      settle();
      return () => {
        waiting -= 1;
        waitingBytes -= bytes;
        settle();
      };
    },
    async pause() {
      isOver = true;
      await each((subscription) => subscription.pause());
    },
    async stop() {
      isOver = true;
      await each((subscription) => subscription.stop());
      active.length = 0;
      closing.clear();
    },
  };
}
