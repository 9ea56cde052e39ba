import { describe, expect, it } from 'vitest';
import { describeBrokerContract } from './contract.ts';
import { eventually, idsOf, message } from './contract-tools.ts';
import { createEmbeddedBroker } from './embedded.ts';
import type { BrokerEvent, Delivery } from './port.ts';

describeBrokerContract('embedded', async () => {
  const broker = createEmbeddedBroker({ maxRedeliveries: 3 });
  await broker.start();
  return { broker, maxRedeliveries: 3, close: () => broker.stop() };
});

describe('embedded broker', () => {
  it('answers failed when a queue is full, so that the sender keeps the message', async () => {
    const broker = createEmbeddedBroker({ maxQueueLength: 2 });
    await broker.start();
    const outcomes = await broker.publish([message('a'), message('b'), message('c')]);
    expect(outcomes).toEqual(['confirmed', 'confirmed', 'failed']);
  });

  it('keeps a bounded number of dead letters and warns when one falls out', async () => {
    const broker = createEmbeddedBroker({ maxDeadLetters: 2 });
    const events: BrokerEvent[] = [];
    broker.onEvent((event) => events.push(event));
    await broker.start();
    await broker.consume('executor.task', { prefetch: 10 }, (delivery) => delivery.reject('no'));
    await broker.publish([message('a'), message('b'), message('c')]);
    await eventually(async () => {
      expect((await broker.listDeadLetters(10)).map((letter) => letter.messageId)).toEqual(['b', 'c']);
    });
    expect(events.filter((event) => event.type === 'warning')).toHaveLength(1);
  });

  it('keeps a dead letter that finds its queue full', async () => {
    const broker = createEmbeddedBroker({ maxQueueLength: 1 });
    await broker.start();
    const bad = await broker.consume('executor.task', { prefetch: 1 }, (delivery) => delivery.reject('no'));
    await broker.publish([message('dead')]);
    const [letter] = await eventually(async () => {
      const letters = await broker.listDeadLetters(10);
      expect(letters).toHaveLength(1);
      return letters;
    });
    await bad.stop();
    await broker.publish([message('fills')]);
    expect(await broker.replayDeadLetter(letter?.id ?? '')).toBe(false);
    expect(await broker.listDeadLetters(10)).toHaveLength(1);
  });

  it('goes on delivering when a handler throws', async () => {
    const errors: unknown[] = [];
    const broker = createEmbeddedBroker({ onHandlerError: (error) => errors.push(error) });
    await broker.start();
    const got: Delivery[] = [];
    await broker.consume('executor.task', { prefetch: 10 }, (delivery) => {
      got.push(delivery);
      throw new Error('a bug of the handler');
    });
    await broker.publish([message('a'), message('b')]);
    await eventually(() => expect(idsOf(got)).toEqual(['a', 'b']));
    expect(errors).toHaveLength(2);
  });
});
