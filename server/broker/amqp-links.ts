import type { ChannelModel } from 'amqplib';
import { type AmqpLink, makeAmqpLink } from './amqp-link.ts';
import type { BrokerEvent } from './port.ts';

export interface AmqpLinksOptions {
  /** One URL, or several parted by commas. */
  url: string;
  name: string;
  startTimeoutMs: number;
  random: () => number;
  /** Declares what must be there before anyone publishes, and opens the channels that publish. */
  preparePublishing(model: ChannelModel): Promise<void>;
  publishingLost(): void;
  /** The broker takes messages again. */
  publishingFreed(): void;
  /** Both connections stand: time to consume. */
  onBothUp(): void;
  onTrouble(error: Error): void;
  emit(event: BrokerEvent): void;
}

export interface AmqpLinks {
  publishing: AmqpLink;
  consuming: AmqpLink;
  /** Answers when both stand, or after the timeout. */
  start(): Promise<void>;
  stop(): Promise<void>;
  up(): boolean;
}

/**
 * RabbitMQ stops reading from a connection that publishes while it is short of memory or disk. Acknowledgements must
 * not be stuck behind that, so they have a connection of their own.
 */
export function makeAmqpLinks(options: AmqpLinksOptions): AmqpLinks {
  const firstUp = Promise.withResolvers<void>();
  let wasUp = false;
  let everUp = false;

  const up = (): boolean => publishing.model() !== null && consuming.model() !== null;

  const onReady = (): void => {
    if (!up()) return;
    options.onBothUp();
    if (!wasUp) options.emit({ type: 'connected', again: everUp });
    wasUp = true;
    everUp = true;
    firstUp.resolve();
  };

  const onDown = (error: Error): void => {
    options.onTrouble(error);
    if (wasUp) options.emit({ type: 'disconnected', error: error.message });
    wasUp = false;
  };

  const common = { urls: options.url.split(',').map((url) => url.trim()), random: options.random, onReady };
  const publishing = makeAmqpLink({
    ...common,
    name: `${options.name} publishes`,
    onUp: options.preparePublishing,
    onDown(error) {
      options.publishingLost();
      onDown(error);
    },
    onBlocked: (reason) => options.emit({ type: 'blocked', reason }),
    onUnblocked() {
      options.publishingFreed();
      options.emit({ type: 'unblocked' });
    },
  });
  const consuming = makeAmqpLink({
    ...common,
    name: `${options.name} consumes`,
    onUp: async () => {},
    onDown,
    onBlocked: () => {},
    onUnblocked: () => {},
  });

  return {
    publishing,
    consuming,
    up,
    async start() {
      publishing.start();
      consuming.start();
      const timer = setTimeout(firstUp.resolve, options.startTimeoutMs);
      await firstUp.promise;
      clearTimeout(timer);
    },
    async stop() {
      options.publishingLost();
      wasUp = false;
      await Promise.all([publishing.stop(), consuming.stop()]);
    },
  };
}
