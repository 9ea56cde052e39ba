import type { Channel, Message } from 'amqplib';

export interface Acks {
  /** Called for every delivery of the channel, in order. */
  opened(message: Message): void;
  /** Acknowledges soon: all that is settled within one turn goes out in as few frames as possible. */
  ack(message: Message): void;
  /** Sends what is collected now, as must be done before the channel is closed. */
  flush(): void;
  open(): number;
}

/**
 * Collects acknowledgements for one turn of the event loop. When everything up to some delivery is settled, one frame
 * with `multiple` says so for all of them; only stragglers cost a frame each.
 */
export function makeAcks(channel: Channel): Acks {
  /** Delivered and not yet settled, by tag, in order of arrival. */
  const openTags = new Set<number>();
  let settled: Message[] = [];

  const flush = (): void => {
    if (settled.length === 0) return;
    const batch = settled;
    settled = [];
    for (const message of batch) openTags.delete(message.fields.deliveryTag);
    const firstOpen = openTags.values().next().value ?? Number.POSITIVE_INFINITY;
    let covered: Message | undefined;
    const stragglers: Message[] = [];
    for (const message of batch) {
      const tag = message.fields.deliveryTag;
      if (tag > firstOpen) stragglers.push(message);
      else if (!covered || tag > covered.fields.deliveryTag) covered = message;
    }
    try {
      if (covered) channel.ack(covered, true);
      for (const message of stragglers) channel.ack(message);
    } catch {
      // The channel is closed: the broker has taken these messages back already.
    }
  };

  return {
    opened(message) {
      openTags.add(message.fields.deliveryTag);
    },
    ack(message) {
      if (settled.length === 0) setImmediate(flush);
      settled.push(message);
    },
    flush,
    open: () => openTags.size - settled.length,
  };
}
