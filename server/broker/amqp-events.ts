import type { Channel, ChannelModel } from 'amqplib';
import { orGiveUp } from './amqp-link.ts';
import { toBuffer } from './amqp-message.ts';
import { type Backoff, makeBackoff } from './backoff.ts';
import type { Broker } from './port.ts';
import type { Topology } from './topology.ts';

export interface AmqpEventsOptions {
  topology: Topology;
  /** Nothing is sent while this says false. */
  mayPublish: () => boolean;
  listenOn: () => ChannelModel | null;
  random: () => number;
  onTrouble: (error: Error) => void;
  onHandlerError: (error: unknown) => void;
}

export interface AmqpEvents extends Pick<Broker, 'publishEvent' | 'subscribeEvents'> {
  attachPublisher(model: ChannelModel): Promise<void>;
  attachListeners(): Promise<void>;
}

interface Listener {
  pattern: string;
  onEvent: (routingKey: string, body: Uint8Array) => void;
  channel: Channel | null;
  stopped: boolean;
  /** Tries again later: a channel that the broker closes each time must not be opened all the time. */
  again: Backoff;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** Events are announcements: transient, unconfirmed, and dropped rather than kept when the broker is away or slow. */
export function makeAmqpEvents(options: AmqpEventsOptions): AmqpEvents {
  const { topology } = options;
  const listeners = new Set<Listener>();
  let channel: Channel | null = null;
  let full = false;

  const listen = async (listener: Listener): Promise<void> => {
    const model = options.listenOn();
    if (!model || listener.stopped || listener.channel) return;
    const on = await model.createChannel();
    on.on('error', options.onTrouble);
    on.on('close', () => {
      if (listener.channel !== on) return;
      listener.channel = null;
      // A connection that is gone attaches us again by itself; a lone channel does not.
      if (!listener.stopped) listener.again.plan();
    });
    listener.channel = on;
    const { queue } = await on.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    await on.bindQueue(queue, topology.eventExchange, listener.pattern);
    const hear = (message: { fields: { routingKey: string }; content: Buffer } | null): void => {
      if (!message || listener.stopped) return;
      try {
        listener.onEvent(message.fields.routingKey, message.content);
      } catch (error) {
        options.onHandlerError(error);
      }
    };
    await on.consume(queue, hear, { noAck: true });
    listener.again.reset();
  };

  return {
    async attachPublisher(model) {
      const fresh = await model.createChannel();
      fresh.on('error', () => {});
      fresh.on('close', () => {
        if (channel === fresh) channel = null;
      });
      fresh.on('drain', () => {
        full = false;
      });
      full = false;
      channel = fresh;
    },
    async attachListeners() {
      for (const listener of listeners) await listen(listener);
    },
    publishEvent(routingKey, body) {
      if (!channel || full || !options.mayPublish()) return;
      try {
        full = !channel.publish(topology.eventExchange, routingKey, toBuffer(body));
      } catch {
        channel = null;
      }
    },
    async subscribeEvents(pattern, onEvent) {
      const again = makeBackoff({
        ...{ firstMs: FIRST_RETRY_MS, lastMs: LAST_RETRY_MS, random: options.random },
        act: () => void listen(listener).catch(options.onTrouble),
      });
      const listener: Listener = { pattern, onEvent, channel: null, stopped: false, again };
      listeners.add(listener);
      await listen(listener).catch(options.onTrouble);
      return {
        async stop() {
          listener.stopped = true;
          again.cancel();
          listeners.delete(listener);
          const on = listener.channel;
          if (on) await orGiveUp(async () => on.close());
        },
      };
    },
  };
}
