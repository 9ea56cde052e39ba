import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { startTestServer, type TestServer } from '../http.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '../private-rabbitmq.ts';
import { until } from './until.ts';

const OUTBOX_MAX = 20;

let rabbitmq: PrivateRabbitmq;
let door: TestServer;
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitmq();
});
afterAll(() => rabbitmq.close());
beforeEach(async () => {
  await rabbitmq.heal();
  door = await startTestServer({ RABBITMQ_URL: rabbitmq.url, SIGNALBOX_OUTBOX_MAX: String(OUTBOX_MAX) });
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
});

/** Takes whatever there is and answers it, until no run is open. */
async function workOff({ id, generation }: { id: string; generation: number }): Promise<void> {
  await until('every run to end', async () => {
    const { body } = await door.call(`/api/v1/agents/${id}/claim`, { generation, max: 50, wait_ms: 500 });
    const reports = body.tasks.map((task: { task_id: string; epoch: number }) => {
      return { type: 'succeeded', task_id: task.task_id, epoch: task.epoch, output: null };
    });
    if (reports.length > 0) await door.call(`/api/v1/agents/${id}/reports`, { generation, reports });
    const open = await door.program.database.sql`SELECT FROM runs WHERE status <> 'succeeded'`;
    return open.length === 0;
  });
}

/** By each the broker takes no more; the second ends it. */
const ALARMS = {
  'without memory': [
    ['set_vm_memory_high_watermark', '0.00001'],
    ['set_vm_memory_high_watermark', '0.4'],
  ],
  'without room on its disk': [
    ['set_disk_free_limit', '1000000GB'],
    ['set_disk_free_limit', '50MB'],
  ],
} as const;

test.each(Object.entries(ALARMS))(
  'F23 %s the broker takes nothing: starts are taken up to a cap, then refused for a while, and all that was taken is done when it heals',
  async (_, [alarm, end]) => {
    const registration = { name: 'worker', type: 'worker', capabilities: ['deed'] };
    const { body: agent } = await door.call('/api/v1/agents/register', registration);
    const { body: pipeline } = await door.call('/api/v1/pipelines', {
      name: 'deeds',
      stages: [{ name: 'deed', type: 'deed' }],
    });
    const start = () => door.call(`/api/v1/pipelines/${pipeline.id}/execute`, { input_data: null });
    const first = await start();
    expect(first.status).toBe(202);
    const accepted: string[] = [first.body.id];
    await workOff(agent);

    await rabbitmq.control(...alarm);
    const refused = await until('a start to be refused', async () => {
      // It may call only when it has been heard of lately.
      await door.call(`/api/v1/agents/${agent.id}/heartbeat`, {
        generation: agent.generation,
        beat: { in_flight: 0 },
      });
      const answer = await start();
      if (answer.status !== 202) return answer;
      accepted.push(answer.body.id);
      return null;
    });
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE', detail: expect.stringContaining('wait for it') },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(accepted.length).toBeGreaterThanOrEqual(OUTBOX_MAX);
    const [outbox] = await door.program.database.sql<
      [{ count: number }]
    >`SELECT count(*)::int AS count FROM outbox`;
    expect(outbox.count).toBe(OUTBOX_MAX);

    await rabbitmq.control(...end);
    await until('a start to be taken again', async () => {
      const answer = await start();
      if (answer.status === 202) accepted.push(answer.body.id);
      else expect(answer.status).toBe(503);
      return answer.status === 202;
    });
    await workOff(agent);
    const runs = await door.program.database.sql<{ id: string }[]>`SELECT id FROM runs`;
    expect(runs.map(({ id }) => `run_${id.replaceAll('-', '')}`).toSorted()).toEqual(accepted.toSorted());
    const { graphOf } = door.program.services;
    expect((await audit({ sql: door.program.database.sql, graphOf })).findings).toEqual([]);
  },
);
