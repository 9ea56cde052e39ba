import type { ChannelModel, ConfirmChannel, Message } from 'amqplib';
import type { AmqpLink } from './amqp-link.ts';
import type { MessageHeaders, PublishOutcome } from './port.ts';

export interface WireMessage {
  exchange: string;
  routingKey: string;
  messageId: string;
  body: Buffer;
  priorityLevel: number;
  headers: MessageHeaders;
}

export interface AmqpPublisherOptions {
  link: () => AmqpLink;
  /** A broker that owes a confirm for longer is taken as broken: the connection is given up. */
  confirmTimeoutMs: number;
  /** How long a publish waits for a blocked or full connection before it answers `failed`. */
  roomTimeoutMs: number;
  /** Unconfirmed messages on the wire; more wait. This bounds our memory when confirms stop coming. */
  maxInFlight: number;
  onUnroutable: (routingKey: string) => void;
  onWarning: (message: string) => void;
}

export interface AmqpPublisher {
  attach(model: ChannelModel): Promise<void>;
  detach(): void;
  publish(messages: readonly WireMessage[]): Promise<PublishOutcome[]>;
  /** Somebody may have room now. */
  wake(): void;
}

/** Calls that wait for room at the same time; the next ones fail at once. */
const MAX_WAITING_CALLS = 1_000;

interface Batch {
  outcomes: PublishOutcome[];
  unsettled: number;
  finish: () => void;
  /** After its timeout a batch has answered, and late confirms change nothing. */
  over: boolean;
}

export function makeAmqpPublisher(options: AmqpPublisherOptions): AmqpPublisher {
  let channel: ConfirmChannel | null = null;
  let inFlight = 0;
  /** Returned by the broker as unroutable and not yet confirmed: the return always comes first. */
  const returned = new Map<string, number>();
  const gate = makeGate(options.roomTimeoutMs);

  const attach = async (model: ChannelModel): Promise<void> => {
    const fresh = await model.createConfirmChannel();
    fresh.on('return', (message) => noteReturn(returned, message));
    fresh.on('error', () => {});
    fresh.on('close', () => {
      if (channel !== fresh) return;
      detach();
      // With the whole connection gone, the link knows by the next turn, and knows better why.
      setImmediate(() => {
        if (options.link().model() === model)
          options.link().abandon(new Error('The publishing channel was closed.'));
      });
    });
    channel = fresh;
    inFlight = 0;
    returned.clear();
    gate.wake();
  };

  const detach = (): void => {
    channel = null;
    gate.wake();
  };

  const room = (): Promise<number> =>
    gate.pass(() => {
      if (!channel) return 'closed';
      return options.link().blocked() ? 0 : Math.max(0, options.maxInFlight - inFlight);
    });

  const outcomeOf = (message: WireMessage, error: unknown): PublishOutcome => {
    if (error) return 'failed';
    if (returned.size === 0 || !takeReturn(returned, message)) return 'confirmed';
    options.onUnroutable(message.routingKey);
    return 'unroutable';
  };

  /** False when this connection takes nothing any more. */
  const send = (batch: Batch, index: number, message: WireMessage): boolean => {
    const on = channel;
    if (!on) return false;
    try {
      on.publish(message.exchange, message.routingKey, message.body, propertiesOf(message), (error) => {
        if (channel === on) {
          inFlight--;
          gate.wake();
        }
        settle(batch, index, outcomeOf(message, error));
      });
      inFlight++;
      return true;
    } catch (error) {
      // Either the channel has just closed, or this one message cannot be encoded, such as by a giant header.
      options.onWarning(`Message ${message.messageId} could not be sent: ${String(error)}`);
      settle(batch, index, 'failed');
      return true;
    }
  };

  const publish = async (messages: readonly WireMessage[]): Promise<PublishOutcome[]> => {
    if (messages.length === 0) return [];
    const done = Promise.withResolvers<void>();
    const outcomes = new Array<PublishOutcome>(messages.length).fill('failed');
    const batch: Batch = { outcomes, unsettled: messages.length, finish: done.resolve, over: false };
    let next = 0;
    while (next < messages.length) {
      const free = await room();
      const end = Math.min(next + free, messages.length);
      if (end === next) break;
      for (; next < end; next++) {
        const message = messages[next];
        if (!message || !send(batch, next, message)) break;
      }
    }
    batch.unsettled -= messages.length - next;
    if (batch.unsettled > 0) await patiently(done.promise, batch, options);
    return batch.outcomes;
  };

  return { attach, detach, publish, wake: gate.wake };
}

async function patiently(done: Promise<void>, batch: Batch, options: AmqpPublisherOptions): Promise<void> {
  const timer = setTimeout(() => {
    batch.over = true;
    batch.finish();
    const link = options.link();
    if (!link.blocked()) link.abandon(new Error(`No confirm came within ${options.confirmTimeoutMs} ms.`));
  }, options.confirmTimeoutMs);
  await done;
  clearTimeout(timer);
}

function settle(batch: Batch, index: number, outcome: PublishOutcome): void {
  if (batch.over) return;
  batch.outcomes[index] = outcome;
  if (--batch.unsettled === 0) batch.finish();
}

/** Where publishes wait while the connection is there but takes nothing. */
function makeGate(timeoutMs: number) {
  const waiting = new Set<() => void>();
  return {
    wake(): void {
      for (const proceed of waiting) proceed();
    },
    /** Asks how much room there is until there is some. 0: give up. */
    async pass(askRoom: () => number | 'closed'): Promise<number> {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const free = askRoom();
        if (free === 'closed') return 0;
        if (free > 0) return free;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0 || waiting.size >= MAX_WAITING_CALLS) return 0;
        await new Promise<void>((resolve) => {
          const proceed = (): void => {
            clearTimeout(timer);
            waiting.delete(proceed);
            resolve();
          };
          const timer = setTimeout(proceed, leftMs);
          waiting.add(proceed);
        });
      }
    },
  };
}

function propertiesOf(message: WireMessage) {
  return {
    persistent: true,
    mandatory: true,
    messageId: message.messageId,
    priority: message.priorityLevel,
    headers: message.headers,
  };
}

function returnKey(routingKey: string, messageId: string): string {
  return `${routingKey}\n${messageId}`;
}

function noteReturn(returned: Map<string, number>, { fields, properties }: Message): void {
  const key = returnKey(fields.routingKey, String(properties.messageId));
  returned.set(key, (returned.get(key) ?? 0) + 1);
}

function takeReturn(returned: Map<string, number>, message: WireMessage): boolean {
  const key = returnKey(message.routingKey, message.messageId);
  const count = returned.get(key);
  if (count === undefined) return false;
  if (count === 1) returned.delete(key);
  else returned.set(key, count - 1);
  return true;
}
