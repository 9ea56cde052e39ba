import type { Broker, Delivery, OutgoingMessage, PublishOutcome } from '#server/broker/port.ts';

const MOST_COPIES = 5;
const LONGEST_DELAY_MS = 120;

/** A broker as an agent sees it that hands over and takes each message one to five times, each at a moment of its own. */
export interface UnrulyBroker extends Broker {
  /** Messages that came through it, and how many it made of them. */
  seen(): { messages: number; copies: number; overtakings: number };
}

export function createUnrulyBroker(broker: Broker, random: () => number): UnrulyBroker {
  let messages = 0;
  let copies = 0;
  let overtakings = 0;
  let latest = 0;

  /** Each call at a moment of its own: one that comes before an older message has overtaken it. */
  function scatter(act: () => void): void {
    messages += 1;
    const nth = messages;
    const count = 1 + Math.floor(random() * MOST_COPIES);
    copies += count;
    for (let copy = 0; copy < count; copy += 1) {
      setTimeout(() => {
        if (nth < latest) overtakings += 1;
        latest = Math.max(latest, nth);
        act();
      }, random() * LONGEST_DELAY_MS).unref();
    }
  }

  /** The broker has let go of the message, so what is given back comes again from here. */
  function handOver(delivery: Delivery, onDelivery: (delivery: Delivery) => void): void {
    const copy: Delivery = {
      ...delivery,
      redelivered: true,
      ack: () => undefined,
      retry: () => void setTimeout(() => handOver(delivery, onDelivery), LONGEST_DELAY_MS).unref(),
      reject: (reason) => {
        throw new Error(`An agent cannot read what the engine sent: ${reason}`);
      },
    };
    onDelivery(copy);
  }

  function publishOne(message: OutgoingMessage): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      scatter(() => {
        void broker.publish([message]).then(([outcome]) => resolve(outcome ?? 'failed'));
      });
    });
  }

  return {
    ...broker,
    consume: (queue, options, onDelivery) =>
      broker.consume(queue, options, (delivery) => {
        delivery.ack();
        scatter(() => handOver(delivery, onDelivery));
      }),
    publish: (outgoing) => Promise.all(outgoing.map(publishOne)),
    seen: () => ({ messages, copies, overtakings }),
  };
}
