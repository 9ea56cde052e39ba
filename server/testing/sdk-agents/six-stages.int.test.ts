import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '../private-rabbitmq.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { createKillRig } from './kill-rig.ts';

let rabbitmq: PrivateRabbitmq;
let redis: PrivateRedis;
beforeAll(async () => {
  [rabbitmq, redis] = await Promise.all([startPrivateRabbitmq(), startPrivateRedis()]);
});
afterAll(async () => {
  await Promise.all([rabbitmq.close(), redis.close()]);
});

test('the six stages that come with the program run over RabbitMQ and Redis: one server decides, another does the work', async () => {
  await using rig = await createKillRig({ RABBITMQ_URL: rabbitmq.url, REDIS_URL: redis.url });
  await rig.startServer();
  // Without the coordinator: what it gets it has from the broker.
  await rig.startBeside({ SIGNALBOX_ROLES: 'web,agents' });
  const { pipelines } = await rig.client.pipelines.list({ search: 'six-stage-data-pipeline' });
  const id = pipelines[0]?.id ?? '';
  const document = JSON.parse(await rig.client.pipelines.export(id, { format: 'json' }));
  const [input_data] = document.inputSchema.examples;
  const run = await rig.client.runs.wait((await rig.client.runs.start(id, { input_data })).id);
  expect(run.status).toBe('succeeded');
  expect(run.stages.map(({ status, attempt }) => [status, attempt])).toEqual(
    Array.from({ length: 6 }, () => ['completed', 1]),
  );
  expect(run.stages.at(-1)?.output).toMatchObject({ name: 'readings-by-day.csv' });
  const { events } = await rig.client.runs.events(run.id);
  const queued = events.flatMap(({ event }) => (event.type === 'task.queued' ? [event.queue] : []));
  expect(new Set(queued)).toEqual(
    new Set(document.stages.map(({ type }: { type: string }) => `${type}.task`)),
  );
  await rig.expectAcceptedOnce(run.id, 6);
});
