import { type MessageQueue, makeMessageQueue, type StoredMessage } from './embedded-queue.ts';
import { type Delivery, retryDelayMs, type Subscription, tooManyReturns } from './port.ts';
import type { Traffic } from './traffic.ts';

/** How many deliveries one turn of the event loop may make before timers and sockets get theirs. */
const DELIVERIES_PER_TURN = 512;

export interface EmbeddedQueue {
  name: string;
  messages: MessageQueue;
  consumers: EmbeddedConsumer[];
  /** Round robin among consumers. */
  nextConsumer: number;
  scheduled: boolean;
}

interface EmbeddedConsumer {
  prefetch: number;
  active: boolean;
  inHand: Set<StoredMessage>;
  timers: Map<StoredMessage, NodeJS.Timeout>;
  onDelivery: (delivery: Delivery) => void;
}

export interface DispatchOptions {
  now: () => number;
  maxRedeliveries: number;
  bury: (queue: string, message: StoredMessage, reason: string) => void;
  onHandlerError: (error: unknown) => void;
  traffic: Traffic;
}

export function newQueue(name: string): EmbeddedQueue {
  return { name, messages: makeMessageQueue(), consumers: [], nextConsumer: 0, scheduled: false };
}

export function unackedOf(queue: EmbeddedQueue): number {
  return queue.consumers.reduce((sum, consumer) => sum + consumer.inHand.size, 0);
}

/** Hands messages to consumers: in microtasks, so that a publish reaches an idle consumer within the same turn. */
export function makeDispatcher(options: DispatchOptions) {
  const schedule = (queue: EmbeddedQueue): void => {
    if (queue.scheduled) return;
    queue.scheduled = true;
    queueMicrotask(() => drain(queue));
  };

  const drain = (queue: EmbeddedQueue): void => {
    for (let made = 0; made < DELIVERIES_PER_TURN; made++) {
      const consumer = pickConsumer(queue);
      const message = consumer && queue.messages.take();
      if (!consumer || !message) {
        queue.scheduled = false;
        return;
      }
      consumer.inHand.add(message);
      options.traffic.note(queue.name, 'delivered');
      if (message.redeliveries > 0) options.traffic.note(queue.name, 'returned');
      try {
        consumer.onDelivery(makeDelivery({ queue, consumer, message }, actions));
      } catch (error) {
        options.onHandlerError(error);
      }
    }
    setImmediate(() => drain(queue));
  };

  const giveBack = (queue: EmbeddedQueue, messages: readonly StoredMessage[]): void => {
    const back: StoredMessage[] = [];
    for (const message of messages) {
      const redeliveries = message.redeliveries + 1;
      if (redeliveries <= options.maxRedeliveries) back.push({ ...message, redeliveries });
      else options.bury(queue.name, message, tooManyReturns(options.maxRedeliveries));
    }
    queue.messages.putBack(back);
    schedule(queue);
  };

  const subscribe = (
    queue: EmbeddedQueue,
    prefetch: number,
    onDelivery: (delivery: Delivery) => void,
  ): Subscription => {
    const consumer = {
      prefetch,
      active: true,
      inHand: new Set<StoredMessage>(),
      timers: new Map(),
      onDelivery,
    };
    queue.consumers.push(consumer);
    schedule(queue);
    return makeSubscription(queue, consumer, actions);
  };

  const actions: QueueActions = { schedule, giveBack, now: options.now, bury: options.bury };
  return { schedule, subscribe };
}

interface QueueActions {
  now: () => number;
  bury: DispatchOptions['bury'];
  schedule(queue: EmbeddedQueue): void;
  giveBack(queue: EmbeddedQueue, messages: readonly StoredMessage[]): void;
}

interface InHand {
  queue: EmbeddedQueue;
  consumer: EmbeddedConsumer;
  message: StoredMessage;
}

function makeDelivery({ queue, consumer, message }: InHand, actions: QueueActions): Delivery {
  let decided = false;
  /** True for the first decision only, and not after the consumer has stopped. */
  const decide = (): boolean => {
    if (decided || !consumer.inHand.has(message)) return false;
    decided = true;
    return true;
  };
  const letGo = (): void => {
    consumer.inHand.delete(message);
    actions.schedule(queue);
  };
  return {
    messageId: message.messageId,
    queue: queue.name,
    body: message.body,
    headers: message.headers,
    priority: message.priority,
    redelivered: message.redeliveries > 0,
    redeliveries: message.redeliveries,
    publishedAt: message.publishedAt,
    receivedAt: actions.now(),
    ack() {
      if (decide()) letGo();
    },
    retry() {
      if (!decide()) return;
      const comeBack = (): void => {
        consumer.timers.delete(message);
        letGo();
        actions.giveBack(queue, [message]);
      };
      consumer.timers.set(message, setTimeout(comeBack, retryDelayMs(message.redeliveries)));
    },
    reject(reason) {
      if (!decide()) return;
      letGo();
      actions.bury(queue.name, message, reason);
    },
  };
}

function makeSubscription(
  queue: EmbeddedQueue,
  consumer: EmbeddedConsumer,
  actions: QueueActions,
): Subscription {
  return {
    async pause() {
      consumer.active = false;
    },
    async resume() {
      if (!queue.consumers.includes(consumer)) return;
      consumer.active = true;
      actions.schedule(queue);
    },
    async stop() {
      consumer.active = false;
      queue.consumers = queue.consumers.filter((other) => other !== consumer);
      for (const timer of consumer.timers.values()) clearTimeout(timer);
      const unsettled = [...consumer.inHand];
      consumer.inHand.clear();
      actions.giveBack(queue, unsettled);
    },
  };
}

function pickConsumer(queue: EmbeddedQueue): EmbeddedConsumer | undefined {
  const { consumers } = queue;
  for (let tried = 0; tried < consumers.length; tried++) {
    const consumer = consumers[(queue.nextConsumer + tried) % consumers.length];
    if (consumer?.active && consumer.inHand.size < consumer.prefetch) {
      queue.nextConsumer = (queue.nextConsumer + tried + 1) % consumers.length;
      return consumer;
    }
  }
  return undefined;
}
