import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_STREAM_MAX: '3' });
});
afterAll(() => http[Symbol.asyncDispose]());

test('what an agent says is read while it works, as much of it as is set, on from the last one seen, notes by those who may', async () => {
  const { call } = http;
  const { body: agent } = await call('/api/v1/agents/register', { name: 'crane', capabilities: ['lift'] });
  const { generation } = agent;
  await call(`/api/v1/agents/${agent.id}/heartbeat`, { generation, beat: { in_flight: 0 } });
  const { body: task } = await call('/api/v1/tasks', { type: 'lift' });
  const said = `/api/v1/runs/${task.run_id}/said`;
  expect((await call(said)).body).toEqual({ said: [] });
  const claim = { generation, max: 1, wait_ms: 20_000 };
  const { body: claimed } = await call(`/api/v1/agents/${agent.id}/claim`, claim);
  const { task_id, epoch } = claimed.tasks[0];
  const say = (...reports: object[]) =>
    call(`/api/v1/agents/${agent.id}/reports`, {
      generation,
      reports: reports.map((report) => ({ task_id, epoch, ...report })),
    });
  await say({ type: 'beat', progress: 0.1 }, { type: 'beat', progress: 0.5, note: 'half of it' });
  await say({ type: 'log', line: 0, level: 'warn', message: 'heavy', fields: { kg: 90 } });
  await say({ type: 'log', line: 1, level: 'info', message: 'up' });
  const place = { task_id, stage: 0, epoch, id: expect.any(String), timestamp: expect.any(String) };
  const half = { ...place, type: 'progress', progress: 0.5, note: 'half of it' };
  const heavy = { ...place, type: 'log', line: 0, level: 'warn', message: 'heavy', fields: { kg: 90 } };
  const up = { ...place, type: 'log', line: 1, level: 'info', message: 'up', fields: null };
  await vi.waitFor(async () => expect((await call(said)).body.said).toEqual([half, heavy, up]), PATIENCE);
  const [first] = (await call(said)).body.said;
  expect((await call(`${said}?after=${first.id}&limit=1`)).body.said).toEqual([heavy]);
  const { body: key } = await call('/api/v1/keys', {
    name: 'reads',
    role: 'operator',
    scopes: ['runs:read'],
  });
  const read = await http.ask(said, { headers: { authorization: `Bearer ${key.key}` } });
  expect(read.body.said).toEqual([{ ...half, note: null }, heavy, up]);
  expect((await call(`/api/v1/runs/run_${'0'.repeat(32)}/said`)).status).toBe(404);
});
