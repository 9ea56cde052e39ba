import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());
const call = (path: string, body?: object) => http.call(`/api/v1${path}`, body);

test('what blocks a task is found by the ids that its reason gives, and the reason is as old as it says', async () => {
  const agent = (await call('/agents/register', { name: 'digger', type: 'worker', capabilities: ['dig'] }))
    .body;
  await call(`/agents/${agent.agent_id}/orders`, { order: 'pause', reason: 'lunch' });
  const pipeline = await call('/pipelines', {
    name: 'digging',
    stages: [
      { name: 'dig', type: 'dig' },
      { name: 'fill', type: 'dig' },
    ],
    dependencies: [{ from: 0, to: 1 }],
  });
  await until('the agent to be seen as paused', async () => {
    const seen = (await call(`/agents/${agent.agent_id}`)).body;
    return seen.status === 'paused';
  });
  const { id } = (await call(`/pipelines/${pipeline.body.id}/execute`, { input_data: null })).body;
  const reasons = async () => {
    const { stages } = (await call(`/runs/${id}`)).body;
    return stages.map(({ waiting }: { waiting: object }) => waiting);
  };
  const first = await until('the reason to be known', async () => {
    const found = await reasons();
    return found[0]?.code === 'no-agent' ? found : null;
  });
  const [dig, fill] = first;
  expect(dig).toMatchObject({ blockers: ['digger'], blocker_ids: [agent.agent_id] });
  expect((await call(`/agents/${dig.blocker_ids[0]}`)).body).toMatchObject({ name: 'digger' });
  expect(fill).toMatchObject({ code: 'dependency', blockers: ['dig'] });
  expect((await call(`/tasks/${fill.blocker_ids[0]}`)).body).toMatchObject({ run_id: id });

  await call(`/runs/${id}/pause`, {});
  const [paused] = await reasons();
  expect(paused).toMatchObject({ code: 'paused', blocker_ids: [id] });
  // Not since the task became ready, and not since it is looked at.
  expect(Date.parse(paused.since)).toBeGreaterThan(Date.parse(dig.since));
  expect(await reasons()).toEqual([paused, fill]);
});
