import { randomBytes } from 'node:crypto';
import amqp from 'amqplib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { describeBrokerContract } from './contract.ts';
import { createRabbitmqBroker } from './rabbitmq.ts';
import { HEADER, makeTopology } from './topology.ts';

/** RABBITMQ_URL names the server; without it the file starts its own. */
let own: PrivateRabbitmq | undefined;
let url = process.env.RABBITMQ_URL ?? '';
beforeAll(async () => {
  if (url) return;
  own = await startPrivateRabbitmq();
  url = own.url;
});
afterAll(async () => own?.close());

describeBrokerContract('RabbitMQ', async () => {
  const namespace = `t${randomBytes(6).toString('hex')}`;
  const broker = createRabbitmqBroker({ url, namespace, maxRedeliveries: 3 });
  await broker.start();
  return { broker, maxRedeliveries: 3, close: () => broker.stop() };
});

test('a dead letter behind ten thousand of others is listed, read, tried again and discarded as the first is', async () => {
  const namespace = `t${randomBytes(6).toString('hex')}`;
  const broker = createRabbitmqBroker({ url, namespace, maxRedeliveries: 3 });
  await broker.start();
  const connection = await amqp.connect(url);
  try {
    const channel = await connection.createConfirmChannel();
    const bury = (deadQueue: string, deadId: string) =>
      channel.sendToQueue(makeTopology(namespace).deadLetterQueue, Buffer.from(deadId), {
        messageId: deadId,
        headers: { [HEADER.deadQueue]: deadQueue, [HEADER.deadId]: deadId, [HEADER.deadAt]: 1 },
      });
    for (let at = 0; at < 10_050; at += 1) bury('others.task', `others-${at}`);
    for (const id of ['mine-1', 'mine-2', 'mine-3']) bury('mine.task', id);
    await channel.waitForConfirms();
    await broker.ensureQueue('mine.task');
    const isMine = (queue: string) => queue === 'mine.task';
    const ids = async (limit = 100) => (await broker.listDeadLetters(limit, isMine)).map(({ id }) => id);
    expect(await ids()).toEqual(['mine-1', 'mine-2', 'mine-3']);
    expect(await ids(2)).toEqual(['mine-1', 'mine-2']);
    expect(await broker.readDeadLetter('mine-3', isMine)).toMatchObject({ id: 'mine-3', queue: 'mine.task' });
    expect(await broker.readDeadLetter('others-10049', isMine)).toBeNull();
    expect(await broker.replayDeadLetter('mine-1', isMine)).toBe(true);
    expect(await broker.discardDeadLetter('mine-2', 'of no use', isMine)).toBe(true);
    expect(await ids()).toEqual(['mine-3']);
    expect(await broker.replayDeadLetters({ limit: 10, before: 2 }, isMine)).toBe(1);
    expect(await ids()).toEqual([]);
    expect(await broker.listDeadLetters(20_000)).toHaveLength(10_050);
  } finally {
    await connection.close();
    await broker.stop();
  }
});

test('whoever asks what waits takes no message from its place in the eyes of other processes', async () => {
  const namespace = `t${randomBytes(6).toString('hex')}`;
  const [counts, works] = [1, 2].map(() => createRabbitmqBroker({ url, namespace, maxRedeliveries: 3 }));
  if (!counts || !works) throw new Error('There are two.');
  await Promise.all([counts.start(), works.start()]);
  try {
    await counts.ensureQueue('shared.task');
    const ids = ['first', 'second', 'third'];
    await counts.publish(
      ids.map((messageId) => ({ queue: 'shared.task', messageId, priority: 'medium', body: '{}' })),
    );
    for (let times = 0; times < 5; times += 1) {
      expect((await counts.idleQueues()).has('shared.task')).toBe(false);
      const depth = (await counts.depths()).find(({ queue }) => queue === 'shared.task');
      expect(depth).toMatchObject({ messages: 3, oldestAgeMs: null });
    }
    const got: [string, number, boolean][] = [];
    await works.consume('shared.task', { prefetch: 1 }, ({ messageId, redeliveries, redelivered, ack }) => {
      got.push([messageId, redeliveries, redelivered]);
      ack();
    });
    await vi.waitFor(() => expect(got).toHaveLength(3));
    expect(got).toEqual(ids.map((id) => [id, 0, false]));
  } finally {
    await Promise.all([counts.stop(), works.stop()]);
  }
});

test('a queue that RabbitMQ refuses stands in the way of no other', async () => {
  const namespace = `t${randomBytes(6).toString('hex')}`;
  const warnings: string[] = [];
  const broker = createRabbitmqBroker({ url, namespace, startTimeoutMs: 60_000 });
  broker.onEvent((event) => event.type === 'warning' && warnings.push(event.message));
  const connection = await amqp.connect(url);
  try {
    const channel = await connection.createChannel();
    // Exclusive to this connection: whoever else declares it is told RESOURCE_LOCKED.
    await channel.assertQueue(makeTopology(namespace).wireQueue('locked.task'), { exclusive: true });
    await broker.ensureQueue('locked.task');
    await broker.ensureQueue('open.task');
    await broker.start();
    expect(broker.state()).toMatchObject({ connected: true });
    expect(warnings).toEqual([expect.stringContaining('locked.task')]);
    const known = async () => (await broker.depths()).map(({ queue }) => queue);
    expect(await known()).toContain('open.task');
    expect(await known()).not.toContain('locked.task');
    // Named again it is tried again, and says so to whoever named it, alone.
    await expect(broker.ensureQueue('locked.task')).rejects.toThrow('locked.task');
    expect(await broker.idleQueues()).toContain('open.task');
    await channel.deleteQueue(makeTopology(namespace).wireQueue('locked.task'));
    await broker.ensureQueue('locked.task');
    expect(await known()).toContain('locked.task');
  } finally {
    await connection.close();
    await broker.stop();
  }
});
