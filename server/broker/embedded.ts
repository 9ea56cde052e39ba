import { type DeadLetterBox, makeDeadLetterBox } from './embedded-dead-letters.ts';
import { type EmbeddedQueue, makeDispatcher, newQueue, unackedOf } from './embedded-dispatch.ts';
import { makeEmitter } from './emitter.ts';
import {
  type Broker,
  type BrokerEvent,
  DEFAULT_MAX_REDELIVERIES,
  type DeadLetter,
  type OutgoingMessage,
  type PublishOutcome,
  type QueueDepth,
} from './port.ts';
import { matchesTopic } from './topic-pattern.ts';
import { DISCARDED_EVENT, STANDING_QUEUES } from './topology.ts';
import { makeTraffic, type Traffic } from './traffic.ts';

export interface EmbeddedBrokerOptions {
  now?: () => number;
  randomId?: () => string;
  maxRedeliveries?: number;
  /** A full queue answers `failed`; the sender keeps the message and comes again. */
  maxQueueLength?: number;
  maxDeadLetters?: number;
  /** A handler threw: our bug, never a reason to stop delivering. */
  onHandlerError?: (error: unknown) => void;
}

/**
 * The broker of a one-process installation. It keeps nothing across a restart and need not: what it carries are
 * hints whose truth is in Postgres, and the outbox sends again what was not accepted.
 */
export function createEmbeddedBroker(options: EmbeddedBrokerOptions = {}): Broker {
  const now = options.now ?? Date.now;
  const onHandlerError = options.onHandlerError ?? (() => {});
  const events = makeEmitter<BrokerEvent>(onHandlerError);
  const topics = makeTopics(onHandlerError);
  const deadLetters = makeDeadLetterBox({
    now,
    randomId: options.randomId ?? (() => crypto.randomUUID()),
    max: options.maxDeadLetters ?? 10_000,
    onOverflow: (message) => events.emit({ type: 'warning', message }),
  });
  const queues = makeQueues({ ...options, now, onHandlerError, bury: deadLetters.bury });
  let running = false;

  return {
    async start() {
      if (running) return;
      running = true;
      for (const name of STANDING_QUEUES) queues.ensure(name);
      events.emit({ type: 'connected', again: false });
    },
    async stop() {
      running = false;
    },
    async ensureQueue(queue) {
      queues.ensure(queue);
    },
    forgetQueue: async (queue) => queues.forget(queue),
    publish: async (messages) => messages.map((message) => (running ? queues.accept(message) : 'failed')),
    publishEvent(routingKey, body) {
      if (running) topics.announce(routingKey, body);
    },
    subscribeEvents: topics.subscribe,
    consume: async (queue, { prefetch }, onDelivery) => queues.subscribe(queue, prefetch, onDelivery),
    depths: async () => [...queues.depths(), deadLetters.depth()],
    idleQueues: async () => queues.idle(),
    purge: async (queue) => queues.purge(queue),
    listDeadLetters: async (limit, isMeant) => deadLetters.list(limit, isMeant),
    readDeadLetter: async (id, isMeant) => deadLetters.read(id, isMeant) ?? null,
    replayDeadLetter: async (id, isMeant) => replay(deadLetters.remove(id, isMeant), deadLetters, queues),
    async replayDeadLetters(which, isMeant) {
      const isDone = ({ id }: DeadLetter) => replay(deadLetters.remove(id), deadLetters, queues);
      return deadLetters.deadBefore(which, isMeant).filter(isDone).length;
    },
    async discardDeadLetter(id, reason, isMeant) {
      const letter = deadLetters.remove(id, isMeant);
      if (!letter) return false;
      const { messageId, queue } = letter;
      topics.announce(DISCARDED_EVENT, JSON.stringify({ id, messageId, queue, reason, at: now() }));
      return true;
    },
    state: () => ({ connected: running, blocked: false, consuming: running, lastError: null }),
    onEvent: events.listen,
  };
}

type Queues = ReturnType<typeof makeQueues>;

interface QueuesOptions {
  now: () => number;
  maxRedeliveries?: number;
  maxQueueLength?: number;
  onHandlerError: (error: unknown) => void;
  bury: DeadLetterBox['bury'];
}

function makeQueues({ now, onHandlerError, bury, ...limits }: QueuesOptions) {
  const maxQueueLength = limits.maxQueueLength ?? 1_000_000;
  const maxRedeliveries = limits.maxRedeliveries ?? DEFAULT_MAX_REDELIVERIES;
  const traffic = makeTraffic(now);
  const dispatcher = makeDispatcher({ now, maxRedeliveries, bury, onHandlerError, traffic });
  const queues = new Map<string, EmbeddedQueue>();
  let sequence = 0;

  const ensure = (name: string): EmbeddedQueue => {
    const known = queues.get(name) ?? newQueue(name);
    queues.set(name, known);
    return known;
  };

  return {
    ensure,
    accept(message: OutgoingMessage): PublishOutcome {
      const queue = queues.get(message.queue);
      if (!queue) {
        // As with a real broker: the next try finds the queue.
        ensure(message.queue);
        return 'unroutable';
      }
      if (queue.messages.size() >= maxQueueLength) return 'failed';
      queue.messages.push({
        sequence: sequence++,
        messageId: message.messageId,
        body: toBytes(message.body),
        headers: { ...message.headers },
        priority: message.priority,
        publishedAt: now(),
        redeliveries: 0,
      });
      traffic.note(queue.name, 'published');
      dispatcher.schedule(queue);
      return 'confirmed';
    },
    subscribe: (name: string, prefetch: number, onDelivery: Parameters<Broker['consume']>[2]) =>
      dispatcher.subscribe(ensure(name), prefetch, onDelivery),
    depths: (): QueueDepth[] => [...queues.values()].map((queue) => depthOf(queue, now(), traffic)),
    idle: (): ReadonlySet<string> => {
      const all = [...queues.values()];
      return new Set(
        all.filter((queue) => queue.messages.size() + unackedOf(queue) === 0).map(({ name }) => name),
      );
    },
    forget(name: string): boolean {
      const queue = queues.get(name);
      if (queue && (queue.messages.size() > 0 || queue.consumers.length > 0)) return false;
      queues.delete(name);
      traffic.forget(name);
      return true;
    },
    purge: (name: string): number => queues.get(name)?.messages.clear() ?? 0,
  };
}

function replay(letter: DeadLetter | undefined, deadLetters: DeadLetterBox, queues: Queues): boolean {
  if (!letter) return false;
  queues.ensure(letter.queue);
  if (queues.accept(letter) === 'confirmed') return true;
  deadLetters.putBack(letter);
  return false;
}

function makeTopics(onHandlerError: (error: unknown) => void) {
  type Topic = { pattern: string; onEvent: (routingKey: string, body: Uint8Array) => void };
  const topics = new Set<Topic>();
  const tell = (topic: Topic, routingKey: string, body: Uint8Array): void => {
    try {
      if (topics.has(topic)) topic.onEvent(routingKey, body);
    } catch (error) {
      onHandlerError(error);
    }
  };
  return {
    announce(routingKey: string, body: Uint8Array | string): void {
      const bytes = toBytes(body);
      for (const topic of topics) {
        if (matchesTopic(topic.pattern, routingKey)) queueMicrotask(() => tell(topic, routingKey, bytes));
      }
    },
    async subscribe(pattern: string, onEvent: Topic['onEvent']) {
      const topic = { pattern, onEvent };
      topics.add(topic);
      return {
        async stop() {
          topics.delete(topic);
        },
      };
    },
  };
}

function depthOf(queue: EmbeddedQueue, nowMs: number, traffic: Traffic): QueueDepth {
  const next = queue.messages.peek();
  return {
    queue: queue.name,
    messages: queue.messages.size(),
    consumers: queue.consumers.filter((consumer) => consumer.active).length,
    oldestAgeMs: next ? Math.max(0, nowMs - next.publishedAt) : null,
    unacked: unackedOf(queue),
    traffic: traffic.read(queue.name),
  };
}

function toBytes(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}
