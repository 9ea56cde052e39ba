import { expect, test, vi } from 'vitest';
import type { Broker, Delivery } from '#server/broker/port.ts';
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
