import type { Channel, ChannelModel } from 'amqplib';
import { type Hand, type HandOptions, makeHand } from './amqp-hand.ts';
import { orGiveUp } from './amqp-link.ts';
import { makeBackoff } from './backoff.ts';
import type { Subscription } from './port.ts';

export interface AmqpConsumerOptions extends HandOptions {
  prefetch: number;
  model: () => ChannelModel | null;
  declareQueue: (model: ChannelModel, queue: string) => Promise<void>;
  onTrouble: (error: Error) => void;
  onStopped: () => void;
  random: () => number;
}

export interface AmqpConsumer extends Subscription {
  /** The connection is up (again): begin to consume. */
  attach(): Promise<void>;
  /** Wants messages but has no live consumer on the broker. */
  starving(): boolean;
  unacked(): number;
  queue: string;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;

interface Attachment {
  channel: Channel;
  hand: Hand;
  /** Null while paused. */
  consumerTag: string | null;
}

/**
 * One subscription on a channel of its own. Whatever ends the channel (an ack timeout, a deleted queue, a lost
 * connection), it begins anew on the next one, and old deliveries can no longer be settled.
 */
export function makeAmqpConsumer(options: AmqpConsumerOptions): AmqpConsumer {
  let attachment: Attachment | null = null;
  let wanted: 'running' | 'paused' | 'stopped' = 'running';
  let attaching: Promise<void> | null = null;

  const lose = (channel: Channel, error: Error): void => {
    if (attachment?.channel !== channel) return;
    attachment.hand.drop();
    attachment = null;
    if (wanted === 'stopped') return;
    options.onTrouble(error);
    retry();
  };

  const again = makeBackoff({
    firstMs: FIRST_RETRY_MS,
    lastMs: LAST_RETRY_MS,
    random: options.random,
    act: () => void attach(),
  });
  const retry = (): void => {
    // Without a connection there is nothing to retry on: the next one attaches us.
    if (wanted !== 'stopped' && options.model()) again.plan();
  };

  const begin = async (model: ChannelModel): Promise<void> => {
    await options.declareQueue(model, options.queue);
    const channel = await openChannel(model, options, lose);
    attachment = { channel, hand: makeHand(channel, options), consumerTag: null };
    if (wanted === 'running') await listen(attachment, options);
    if (wanted === 'stopped') await channel.close();
  };

  const attach = (): Promise<void> => {
    const model = options.model();
    if (!model || wanted === 'stopped' || attachment) return attaching ?? Promise.resolve();
    attaching ??= begin(model)
      .then(again.reset)
      .catch((error: unknown) => {
        if (attachment) lose(attachment.channel, asError(error));
        else if (wanted !== 'stopped') {
          options.onTrouble(asError(error));
          attaching = null;
          retry();
        }
      })
      .finally(() => {
        attaching = null;
      });
    return attaching;
  };

  return {
    queue: options.queue,
    attach,
    starving: () => wanted === 'running' && !attachment?.consumerTag,
    unacked: () => attachment?.hand.size() ?? 0,
    async pause() {
      if (wanted !== 'running') return;
      wanted = 'paused';
      await attaching;
      if (attachment) await cancel(attachment);
    },
    async resume() {
      if (wanted !== 'paused') return;
      wanted = 'running';
      if (!attachment) await attach();
      else if (!attachment.consumerTag) await listen(attachment, options).catch(() => {});
    },
    async stop() {
      wanted = 'stopped';
      again.cancel();
      await attaching;
      const on = attachment;
      attachment = null;
      if (on) await release(on);
      options.onStopped();
    },
  };
}

async function openChannel(
  model: ChannelModel,
  { queue, prefetch }: AmqpConsumerOptions,
  onClosed: (channel: Channel, error: Error) => void,
): Promise<Channel> {
  const channel = await model.createChannel();
  let lastError: Error | undefined;
  channel.on('error', (error) => {
    lastError = error;
  });
  channel.on('close', () =>
    onClosed(channel, lastError ?? new Error(`The channel that consumes ${queue} was closed.`)),
  );
  await channel.prefetch(prefetch);
  return channel;
}

async function listen(on: Attachment, { topology, queue }: AmqpConsumerOptions): Promise<void> {
  const { channel, hand } = on;
  const { consumerTag } = await channel.consume(topology.wireQueue(queue), (message) => {
    if (message) hand.receive(message);
    // The broker cancelled us, as it does when the queue is deleted: start over, which declares it anew.
    else void orGiveUp(async () => channel.close());
  });
  on.consumerTag = consumerTag;
}

async function cancel(on: Attachment): Promise<void> {
  const tag = on.consumerTag;
  on.consumerTag = null;
  if (tag) await orGiveUp(async () => on.channel.cancel(tag));
}

/** Once the broker has confirmed the close, whatever was unsettled is back in its queue. */
async function release(on: Attachment): Promise<void> {
  await cancel(on);
  // Closing between a confirmed copy and the acknowledgement of its original would make two of one message.
  await orGiveUp(() => on.hand.moved());
  on.hand.drop();
  await orGiveUp(async () => on.channel.close());
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
