import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const PATIENCE = { timeout: 60_000, interval: 50 };
const handOuts = async (run: string) => (await http.call(`/api/v1/runs/${run}/hand-outs`)).body.hand_outs;
const stageOf = async (run: string) => (await http.call(`/api/v1/runs/${run}`)).body.stages[0];

test('say when a task was put into a queue: after it could start, and before somebody took it', async () => {
  const { call } = http;
  const { body: task } = await call('/api/v1/tasks', { type: 'lift' });
  await vi.waitFor(async () => expect((await stageOf(task.run_id)).state).toBe('ready'), PATIENCE);
  expect(await handOuts(task.run_id)).toEqual([]);
  const { body: agent } = await call('/api/v1/agents/register', { name: 'crane', capabilities: ['lift'] });
  const beat = { generation: agent.generation, beat: { in_flight: 0 } };
  await call(`/api/v1/agents/${agent.id}/heartbeat`, beat);
  await vi.waitFor(async () => expect((await stageOf(task.run_id)).state).toBe('queued'), PATIENCE);
  const lying = await handOuts(task.run_id);
  expect(lying).toEqual([{ stage: 0, epoch: 1, queued_at: expect.any(String) }]);
  const claim = { generation: agent.generation, max: 1, wait_ms: 20_000 };
  await call(`/api/v1/agents/${agent.id}/claim`, claim);
  await vi.waitFor(async () => expect((await stageOf(task.run_id)).state).toBe('running'), PATIENCE);
  const { ready_at: ready, started_at: started } = await stageOf(task.run_id);
  const [{ queued_at: queued }] = await handOuts(task.run_id);
  expect(queued).toBe(lying[0].queued_at);
  expect([ready <= queued, queued <= started]).toEqual([true, true]);
  // What an agent said in the same commit may hold what Postgres has no character for.
  const odd = String.raw`,{"type":"task.failed","task":1,"epoch":1,"error":{"message":"a\u0000b\ud800"}}]`;
  await http.program.database
    .sql`UPDATE run_events SET entries = (rtrim(entries::text, ']') || ${odd}::text)::json
    WHERE run_id = ${toUuid(task.run_id)}::text::uuid AND strpos(entries::text, '"task.queued"') > 0`;
  expect(await handOuts(task.run_id)).toEqual([{ stage: 0, epoch: 1, queued_at: queued }]);
});

test('are none where an agent of the server itself begins at once, and of a run that is not there', async () => {
  const { call } = http;
  const { body: task } = await call('/api/v1/tasks', { type: 'echo' });
  await vi.waitFor(async () => expect((await stageOf(task.run_id)).state).toBe('succeeded'), PATIENCE);
  expect(await handOuts(task.run_id)).toEqual([]);
  expect((await call(`/api/v1/runs/run_${'0'.repeat(32)}/hand-outs`)).status).toBe(404);
});
