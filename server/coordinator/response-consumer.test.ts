import { expect, test, vi } from 'vitest';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker, Delivery } from '#server/broker/port.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { type AgentId, DEFAULT_ORG_ID, makeId, type RunId, taskId } from '#server/domain/ids.ts';
import { MESSAGE_VERSION } from '#server/domain/messages.ts';
import type { AgentDesk, ReportSink } from '#server/domain/reports.ts';
import { NO_PAUSES } from './pause-points.ts';
import { createResponseConsumer } from './response-consumer.ts';

const body = (number: number) => String(number).padStart(32, '0');
const agentId: AgentId = makeId('agent', body(1));
const runId: RunId = makeId('run', body(2));

/** The message of an agent that has done its task, as a broker hands it over. */
async function take(report: ReportSink['report']) {
  const { promise: settled, resolve } = Promise.withResolvers<string>();
  let deliver: (delivery: Delivery) => void = () => undefined;
  const subscription = { pause: async () => undefined, stop: async () => undefined };
  const consume = async (_queue: string, _options: object, onDelivery: typeof deliver) => {
    deliver = onDelivery;
    return subscription;
  };
  const troubles: string[] = [];
  const consumer = createResponseConsumer({
    broker: { consume, publishEvent: () => undefined } as unknown as Broker,
    sink: { report } as ReportSink,
    desk: {
      admit: async () => ({ agentId, orgId: DEFAULT_ORG_ID, isCurrent: true }),
    } as unknown as AgentDesk,
    points: NO_PAUSES,
    onTrouble: (message) => troubles.push(message),
  });
  await consumer.start();
  const done = { type: 'succeeded', task_id: taskId(runId, 0), epoch: 1, output: null };
  const message = { version: MESSAGE_VERSION, agent_id: agentId, generation: 1, reports: [done] };
  deliver({
    ...{ body: Buffer.from(JSON.stringify(message)), messageId: 'm1' },
    ack: () => resolve('acknowledged'),
    retry: () => resolve('given back'),
    reject: () => resolve('rejected'),
  } as unknown as Delivery);
  return { consumer, settled, troubles };
}

test('what cannot be stored for a while is kept in hand, and never counts as having come back', async () => {
  const errors = [
    new SignalboxError('UNAVAILABLE', 'no store'),
    Object.assign(new Error(), { code: '57P03' }),
  ];
  const report = vi.fn(async () => {
    const error = errors.shift();
    if (error) throw error;
    return [{ status: 'ok' as const }];
  });
  const { consumer, settled, troubles } = await take(report);
  expect(await settled).toBe('acknowledged');
  expect(report).toHaveBeenCalledTimes(3);
  expect(troubles).toEqual(['Reports of an agent wait until they can be stored.']);
  await consumer.stop();
});

test('whoever stops meanwhile gives it back, for another process', async () => {
  const { consumer, settled } = await take(() =>
    Promise.reject(new SignalboxError('UNAVAILABLE', 'no store')),
  );
  await consumer.stop();
  expect(await settled).toBe('given back');
});

test('what fails otherwise comes back, and is counted', async () => {
  const { consumer, settled } = await take(() => Promise.reject(new Error('ours')));
  expect(await settled).toBe('given back');
  await consumer.stop();
});

const REPORTS = { version: MESSAGE_VERSION, agent_id: agentId, generation: 1 };
const messageOf = (index: number, output: string) => ({
  ...{ queue: RESPONSE_QUEUE, priority: 'high' as const, messageId: `m${index}` },
  body: JSON.stringify({
    ...REPORTS,
    reports: [{ type: 'succeeded', task_id: taskId(runId, index), epoch: 1, output }],
  }),
});

/** A queue with many messages whose outputs are large, and one with a small one behind them. */
async function manyWait(count: number) {
  const stuck = { store: 'away' };
  const [taken, tried] = [[] as string[], new Set<string>()];
  const small = Promise.withResolvers<void>();
  const broker = createEmbeddedBroker();
  await broker.start();
  const options = {
    broker,
    sink: {
      async report(_from, [said], messageId) {
        const id = messageId ?? '';
        tried.add(id);
        const isLarge = said?.type === 'succeeded' && said.output === 'large';
        if (isLarge && stuck.store === 'away') throw new SignalboxError('UNAVAILABLE', 'no store');
        taken.push(id);
        if (!isLarge) small.resolve();
        return [{ status: 'ok' as const }];
      },
    } as ReportSink,
    desk: {
      admit: async () => ({ agentId, orgId: DEFAULT_ORG_ID, isCurrent: true }),
    } as unknown as AgentDesk,
    ...{ points: NO_PAUSES, prefetch: 4, onTrouble: () => undefined },
  };
  const consumer = createResponseConsumer(options);
  const messages = Array.from({ length: count }, (_, at) => messageOf(at, 'large'));
  await broker.publish([...messages, messageOf(count, 'small')]);
  await consumer.start();
  const depth = async () => (await broker.depths()).find(({ queue }) => queue === RESPONSE_QUEUE);
  return { broker, consumer, depth, options, small: small.promise, stuck, taken, tried };
}

test('however many wait for the object store, what does not need it is heard, and what waited is taken once', async () => {
  const { broker, consumer, depth, small, stuck, taken } = await manyWait(40);
  await small;
  expect(taken).toEqual(['m40']);
  await vi.waitFor(async () => expect(await depth()).toMatchObject({ messages: 0, unacked: 40 }));
  stuck.store = 'there';
  await vi.waitFor(async () => expect(await depth()).toMatchObject({ unacked: 0 }), { timeout: 30_000 });
  expect(new Set(taken).size).toBe(41);
  expect(taken).toHaveLength(41);
  // What was opened for them is closed.
  await vi.waitFor(async () => expect(await depth()).toMatchObject({ consumers: 1 }), { timeout: 30_000 });
  await consumer.stop();
  await broker.stop();
});

test('whoever stops while many wait leaves all of them in the queue, for the next', async () => {
  const { broker, consumer, depth, options, small, stuck, taken } = await manyWait(40);
  await small;
  await consumer.stop();
  expect(await depth()).toMatchObject({ messages: 40, unacked: 0, consumers: 0 });
  stuck.store = 'there';
  const next = createResponseConsumer(options);
  await next.start();
  await vi.waitFor(() => expect(taken).toHaveLength(41), { timeout: 30_000 });
  await next.stop();
  await broker.stop();
});

test('there is an end to it: what waits beyond that stays with the broker', async () => {
  const { broker, consumer, depth, tried } = await manyWait(100);
  // Sixteen times four.
  await vi.waitFor(() => expect(tried.size).toBe(64), { timeout: 30_000 });
  expect(await depth()).toMatchObject({ messages: 37, unacked: 64, consumers: 16 });
  await consumer.stop();
  expect(await depth()).toMatchObject({ messages: 101, unacked: 0 });
  await broker.stop();
});
