import { expect, it } from 'vitest';
import { collect, eventually, idsOf, message, QUEUE, textOf, type Use } from './contract-tools.ts';
import type { Broker } from './port.ts';
import { DEAD_LETTER_QUEUE, DISCARDED_EVENT } from './topology.ts';

/** Part of `contract.ts`. */
export function describeDeadLetters(use: Use): void {
  const rejectAll = async (broker: Broker, ids: string[]) => {
    const { got, subscription } = await collect(broker, 10, (delivery) =>
      delivery.reject(`bad ${delivery.messageId}`),
    );
    await broker.publish(ids.map((id) => message(id, { headers: { from: 'test' }, priority: 'low' })));
    await eventually(async () => {
      expect(got).toHaveLength(ids.length);
      expect(await broker.listDeadLetters(10)).toHaveLength(ids.length);
    });
    await subscription.stop();
  };

  it('shows what was rejected with its reason, oldest first, and as often as asked', async () => {
    const { broker } = use();
    await rejectAll(broker, ['one', 'two', 'three']);
    for (let look = 0; look < 3; look++) {
      const letters = await broker.listDeadLetters(2);
      expect(letters.map((letter) => letter.messageId)).toEqual(['one', 'two']);
      expect(letters[0]).toMatchObject({ queue: QUEUE, reason: 'bad one', redeliveries: 0, priority: 'low' });
      expect(letters[0]?.headers.from).toBe('test');
      expect(textOf(letters[0]?.body ?? new Uint8Array())).toBe('body of one');
      expect(letters[0]?.deadAt).toEqual(expect.any(Number));
    }
    const depth = (await broker.depths()).find((entry) => entry.queue === DEAD_LETTER_QUEUE);
    expect(depth?.messages).toBe(3);
  });

  it('replays a dead letter to its queue with a clean record', async () => {
    const { broker } = use();
    await rejectAll(broker, ['one', 'two']);
    const [, second] = await broker.listDeadLetters(10);
    expect(await broker.replayDeadLetter(second?.id ?? '')).toBe(true);
    expect(await broker.replayDeadLetter(second?.id ?? '')).toBe(false);
    const { got } = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(idsOf(got)).toEqual(['two']));
    expect(got[0]).toMatchObject({ redelivered: false, redeliveries: 0, priority: 'low' });
    expect(textOf(got[0]?.body ?? new Uint8Array())).toBe('body of two');
    expect((await broker.listDeadLetters(10)).map((letter) => letter.messageId)).toEqual(['one']);
  });

  it('shows one dead letter and leaves it where it lies', async () => {
    const { broker } = use();
    await rejectAll(broker, ['one', 'two']);
    const [, second] = await broker.listDeadLetters(10);
    const id = second?.id ?? '';
    const isOther = (queue: string) => queue !== QUEUE;
    expect(await broker.readDeadLetter(id)).toMatchObject({ messageId: 'two', reason: 'bad two' });
    expect(await broker.readDeadLetter(id, isOther)).toBeNull();
    expect(await broker.readDeadLetter('no such letter')).toBeNull();
    expect((await broker.listDeadLetters(10)).map((letter) => letter.messageId)).toEqual(['one', 'two']);
  });

  it('replays the oldest of many dead letters, each once, and none that died after the moment', async () => {
    const { broker } = use();
    await rejectAll(broker, ['one', 'two', 'three']);
    const before = Date.now() + 60_000;
    expect(await broker.replayDeadLetters({ limit: 10, before: 0 })).toBe(0);
    expect(await broker.replayDeadLetters({ limit: 10, before }, (queue) => queue !== QUEUE)).toBe(0);
    expect(await broker.replayDeadLetters({ limit: 2, before })).toBe(2);
    expect((await broker.listDeadLetters(10)).map((letter) => letter.messageId)).toEqual(['three']);
    expect(await broker.replayDeadLetters({ limit: 2, before })).toBe(1);
    expect(await broker.replayDeadLetters({ limit: 2, before })).toBe(0);
    const { got } = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(idsOf(got)).toEqual(['one', 'two', 'three']));
    expect(got.map((delivery) => delivery.redeliveries)).toEqual([0, 0, 0]);
  });

  it('discards a dead letter for good and says why on the event exchange', async () => {
    const { broker } = use();
    const heard: unknown[] = [];
    const events = await broker.subscribeEvents(DISCARDED_EVENT, (_, body) =>
      heard.push(JSON.parse(textOf(body))),
    );
    await rejectAll(broker, ['one', 'two']);
    const [first] = await broker.listDeadLetters(1);
    expect(await broker.discardDeadLetter(first?.id ?? '', 'a test of mine')).toBe(true);
    expect(await broker.discardDeadLetter('no such letter', 'none')).toBe(false);
    expect((await broker.listDeadLetters(10)).map((letter) => letter.messageId)).toEqual(['two']);
    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]).toMatchObject({
      id: first?.id,
      messageId: 'one',
      queue: QUEUE,
      reason: 'a test of mine',
    });
    await events.stop();
  });
}
