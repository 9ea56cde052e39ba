import type { Life, World } from './world.ts';

export interface SimMessage {
  /** The same for every copy. */
  id: string;
  queue: string;
  body: string;
}

interface Consumer {
  life: Life;
  prefetch: number;
  unacked: Set<SimMessage>;
  receive(delivery: SimMessage, ack: () => void): void;
}

interface Queue {
  messages: SimMessage[];
  consumers: Consumer[];
}

/** A broker that delivers late, twice, in any order, and now and then loses everything that it holds. */
export interface SimBroker {
  /** False when no confirm came; the message may be there all the same. */
  publish(message: SimMessage): boolean;
  consume(queue: string, consumer: Omit<Consumer, 'unacked'>): void;
  /** The consumer's connection is gone: what it had not acknowledged goes to others. */
  disconnect(life: Life): void;
  purge(): void;
  isEmpty(queue: string): boolean;
  queues(): string[];
}

export function createSimBroker(world: World): SimBroker {
  const queues = new Map<string, Queue>();

  function queueOf(name: string): Queue {
    const queue = queues.get(name) ?? { messages: [], consumers: [] };
    queues.set(name, queue);
    return queue;
  }

  function pump(queue: Queue): void {
    for (;;) {
      const free = queue.consumers.filter(
        ({ life, prefetch, unacked }) => life.alive && unacked.size < prefetch,
      );
      const consumer = free[world.pick(free.length)];
      if (!consumer || queue.messages.length === 0) return;
      const [message] = queue.messages.splice(world.pick(queue.messages.length), 1);
      if (message) deliver(queue, consumer, { ...message });
    }
  }

  function deliver(queue: Queue, consumer: Consumer, delivery: SimMessage): void {
    consumer.unacked.add(delivery);
    consumer.life.after(1 + world.pick(world.healed ? 5 : 60), () => {
      if (!consumer.unacked.has(delivery)) return;
      consumer.receive(delivery, () => {
        if (!consumer.unacked.delete(delivery)) return;
        if (world.chance(world.faults.ackLost)) queue.messages.push(delivery);
        pump(queue);
      });
    });
  }

  return {
    publish(message) {
      const { faults } = world;
      if (world.chance(faults.publishLost)) return false;
      const queue = queueOf(message.queue);
      const copies = world.chance(faults.duplicate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) queue.messages.push(message);
      world.trace(() => `broker: ${message.queue} takes ${message.id}${copies > 1 ? ' twice' : ''}`);
      pump(queue);
      return !world.chance(faults.confirmLost);
    },
    consume(name, consumer) {
      const queue = queueOf(name);
      queue.consumers.push({ ...consumer, unacked: new Set() });
      pump(queue);
    },
    disconnect(life) {
      for (const queue of queues.values()) {
        const gone = queue.consumers.filter((consumer) => consumer.life === life);
        if (gone.length === 0) continue;
        queue.consumers = queue.consumers.filter((consumer) => consumer.life !== life);
        for (const { unacked } of gone) queue.messages.push(...unacked);
        pump(queue);
      }
    },
    purge() {
      world.trace(() => 'broker: loses all that it holds');
      for (const queue of queues.values()) queue.messages = [];
    },
    isEmpty(name) {
      const queue = queueOf(name);
      return queue.messages.length === 0 && queue.consumers.every(({ unacked }) => unacked.size === 0);
    },
    queues: () => [...queues.keys()],
  };
}
