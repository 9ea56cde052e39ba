/**
 * The broker carries hints: "this task may be claimed", "this result has come". Postgres holds the truth, so a
 * broker may lose everything or deliver twice, and the only cost is time. README.md says what each fault does.
 */
export type Priority = 'high' | 'medium' | 'low';

/** Only flat values travel; anything nested that a foreign sender puts there is left out on arrival. */
export type MessageHeaders = Readonly<Record<string, string | number | boolean>>;

export interface OutgoingMessage {
  /** A name from topology.ts: one of `queuesOfTenant`, or `RESPONSE_QUEUE`. */
  queue: string;
  priority: Priority;
  messageId: string;
  body: Uint8Array | string;
  headers?: MessageHeaders;
}

/**
 * confirmed: the broker has taken responsibility. unroutable: it has no such queue; the queue is declared again in
 * the background, so sending once more will do. failed: unknown; it may yet arrive, so whoever receives must bear twice.
 */
export type PublishOutcome = 'confirmed' | 'unroutable' | 'failed';

/** One message in our hands. Exactly one of ack, retry and reject counts; later calls do nothing. */
export interface Delivery {
  readonly messageId: string;
  readonly queue: string;
  readonly body: Uint8Array;
  readonly headers: MessageHeaders;
  readonly priority: Priority;
  readonly redelivered: boolean;
  /** How often this message has come back. Past the broker's limit it goes to the dead letters instead. */
  readonly redeliveries: number;
  readonly publishedAt: number | null;
  readonly receivedAt: number;
  ack(): void;
  /** Gives it back to the queue after a pause that grows with every return (50 ms up to 5 s). */
  retry(): void;
  /** Sets it aside as a dead letter that people can read, replay or discard. */
  reject(reason: string): void;
}

export interface Subscription {
  /** Takes no more messages; those in hand can still be settled. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it; whatever is unsettled goes back to the queue. */
  stop(): Promise<void>;
}

/** In the last minute, through this process. */
export interface QueueTraffic {
  /** That the broker has taken from us. */
  published: number;
  /** Handed to our consumers, those that came back among them. */
  delivered: number;
  /** That came back, having been given back or left by a consumer that vanished. */
  returned: number;
}

export interface QueueDepth {
  queue: string;
  /** Waiting, not yet handed to anyone. */
  messages: number;
  consumers: number;
  /**
   * Age of the message that is next in line, where looking at it disturbs nobody; null when none waits, its sender put no
   * time on it, or it would have to be taken: over RabbitMQ that of dead letters alone is known.
   */
  oldestAgeMs: number | null;
  /** In the hands of consumers in this process. */
  unacked: number;
  traffic: QueueTraffic;
}

export interface DeadLetter {
  id: string;
  messageId: string;
  /** Where it would go back to. */
  queue: string;
  reason: string;
  deadAt: number | null;
  redeliveries: number;
  priority: Priority;
  body: Uint8Array;
  headers: MessageHeaders;
}

/** By the queue that a dead letter came from; left out: all of them. A letter that is not meant is not there. */
export type IsMeant = (queue: string) => boolean;

export interface BrokerState {
  connected: boolean;
  /** The broker is short of memory or disk and takes no messages. */
  blocked: boolean;
  /** False while any subscription that should receive has no live consumer, even if connected. */
  consuming: boolean;
  lastError: string | null;
}

export type BrokerEvent =
  | { type: 'connected'; again: boolean }
  | { type: 'disconnected'; error: string }
  | { type: 'blocked'; reason: string }
  | { type: 'unblocked' }
  | { type: 'warning'; message: string };

export interface Broker {
  /** Begins to connect and waits for the first connection, though not for ever: it goes on trying in the background. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Declares the queue if it is not there. Cheap when it is known. */
  ensureQueue(queue: string): Promise<void>;
  /**
   * Deletes a queue that holds nothing and that nobody reads, and knows it no more. False: there is something in it or a
   * reader at it, so it stays. True as well where it was not there.
   */
  forgetQueue(queue: string): Promise<boolean>;
  /** One outcome for each message, in order. Never rejects, and never waits longer than its bounds. */
  publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]>;
  /** Best effort: dropped when the broker is away or slow. */
  publishEvent(routingKey: string, body: Uint8Array | string): void;
  /** `pattern` as AMQP topics have it: words by dots, `*` is one word, `#` any number. */
  subscribeEvents(
    pattern: string,
    onEvent: (routingKey: string, body: Uint8Array) => void,
  ): Promise<{ stop(): Promise<void> }>;
  /** Survives lost connections, closed channels and deleted queues; `onDelivery` must not throw. */
  consume(
    queue: string,
    options: { prefetch: number },
    onDelivery: (delivery: Delivery) => void,
  ): Promise<Subscription>;
  /** Takes no message from its place. */
  depths(): Promise<QueueDepth[]>;
  /** Queues that hold nothing, neither waiting nor in the hands of this process. */
  idleQueues(): Promise<ReadonlySet<string>>;
  /** Drops every waiting message of a queue and says how many. */
  purge(queue: string): Promise<number>;
  /** Oldest first, without taking them out or disturbing their order. */
  listDeadLetters(limit: number, isMeant?: IsMeant): Promise<DeadLetter[]>;
  /** One of them, left where it lies; null when there is no such dead letter. */
  readDeadLetter(id: string, isMeant?: IsMeant): Promise<DeadLetter | null>;
  /** Sends it back to its queue with a clean record. False when there is no such dead letter. */
  replayDeadLetter(id: string, isMeant?: IsMeant): Promise<boolean>;
  /**
   * The oldest of those that have been dead since before that moment; says how many went back. Whoever asks until none
   * do has had each of them tried once: one that dies again has died later.
   */
  replayDeadLetters(which: { limit: number; before: number }, isMeant?: IsMeant): Promise<number>;
  /** Drops it for good and announces that on the event exchange with the reason. */
  discardDeadLetter(id: string, reason: string, isMeant?: IsMeant): Promise<boolean>;
  state(): BrokerState;
  /** Returns how to stop listening. */
  onEvent(listener: (event: BrokerEvent) => void): () => void;
}

export const DEFAULT_MAX_REDELIVERIES = 20;

/** Back-off of `retry`, so that a poisoned message or a database that is away for a minute does not spin. */
export function retryDelayMs(redeliveries: number): number {
  return Math.min(50 * 2 ** Math.min(redeliveries, 10), 5000);
}

/** Why a message that nobody rejected lies with the dead letters. */
export function tooManyReturns(limit: number): string {
  return `It came back more than ${limit} times: whoever took it crashed or gave it back each time.`;
}
