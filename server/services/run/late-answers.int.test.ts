import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DEFAULT_ORG_ID, type OrgId, taskId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from '../pipeline/create.ts';
import { listLateAnswers } from './late-answers.ts';
import { startRun } from './start.ts';

let program: TestApp;
const at = (actor: Actor = program.actor) => [program.services, actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

let made = 0;

/** A run whose task is given back and taken again, and then answered under the hand-out that it had first. */
async function runAnsweredLate(stage: JsonObject, output: unknown) {
  const { pull, registry } = program.services.agents;
  const capability = `late-${++made}`;
  const registration = {
    name: `slow ${made}`,
    transport: 'pull' as const,
    capabilities: [{ name: capability }],
  };
  const { id: agentId, generation } = await registry.register(DEFAULT_ORG_ID, registration);
  const visitor = { agentId, generation };
  const document = { stages: [{ key: 'only', type: capability, ...stage }] };
  const { id } = await createPipeline(...at(), { name: capability, document, publish: true });
  const { run } = await startRun(...at(), { pipelineId: id, input: null });
  const claim = () =>
    vi.waitFor(
      async () => {
        const { tasks } = await pull.claim(visitor, { max: 1, inFlight: 0, waitMs: 5000 });
        expect(tasks).toHaveLength(1);
      },
      { timeout: 60_000, interval: 50 },
    );
  const task_id = taskId(run.id, 0);
  await claim();
  await pull.report(visitor, [{ type: 'released', task_id, epoch: 1 }]);
  await claim();
  const late = { type: 'succeeded' as const, task_id, epoch: 1, output: output as never };
  expect(await pull.report(visitor, [late])).toMatchObject([{ status: 'stale', epoch: 2 }]);
  const error = { class: 'agent' as const, code: 'TOO_BAD', message: 'It read 4711.' };
  await pull.report(visitor, [{ type: 'failed', task_id, epoch: 1, error }]);
  return { id: run.id, agentId };
}

test('what came too late can be read: by whom, for which hand-out, what it said, and why it did not count', async () => {
  const { id, agentId } = await runAnsweredLate({}, { total: 4711 });
  const { items } = await listLateAnswers(...at(), { id });
  const reason = 'The answer is for hand-out 1 of the task; the current one is 2.';
  const common = { taskId: taskId(id, 0), stage: 0, epoch: 1, agentId, reason, at: expect.any(Date) };
  expect(items).toMatchObject([
    { ...common, said: 'succeeded', output: { total: 4711 }, error: null },
    { ...common, said: 'failed', output: null, error: { code: 'TOO_BAD', message: 'It read 4711.' } },
  ]);
  expect((await listLateAnswers(...at(), { id, stage: 3 })).items).toEqual([]);
});

test('also where one of them holds what Postgres has no character for', async () => {
  const odd = { zero: 'a\u0000b', lone: '\uD800', whole: 1 };
  const { id } = await runAnsweredLate({}, odd);
  const { items } = await listLateAnswers(...at(), { id });
  expect(items.map(({ said, output }) => [said, output])).toEqual([
    ['succeeded', odd],
    ['failed', null],
  ]);
});

test('page after page', async () => {
  const { id } = await runAnsweredLate({}, 1);
  const first = await listLateAnswers(...at(), { id, limit: 1 });
  expect(first.items.map(({ said }) => said)).toEqual(['succeeded']);
  const second = await listLateAnswers(...at(), { id, limit: 1, cursor: first.nextCursor ?? '' });
  expect(second.items.map(({ said }) => said)).toEqual(['failed']);
  expect(second.nextCursor).toBeNull();
});

test('what is large is told by its size', async () => {
  const { id } = await runAnsweredLate({}, 'x'.repeat(100_000));
  const [late] = (await listLateAnswers(...at(), { id })).items;
  expect(late).toMatchObject({ said: 'succeeded', output: null });
  expect(late?.bytes).toBeGreaterThan(100_000);
});

test('what is marked sensitive stays hidden, and words from who may not read payloads', async () => {
  const marked = await runAnsweredLate({ sensitive: { output: ['/card'] } }, { card: '4711', sum: 5 });
  const seen = JSON.stringify((await listLateAnswers(...at(), { id: marked.id })).items);
  expect(seen).toContain('"sum":5');
  expect(seen).not.toContain('4711');

  const { id } = await runAnsweredLate({}, { total: 4711 });
  const auditor: Actor = { ...program.actor, role: 'auditor' };
  const told = (await listLateAnswers(...at(auditor), { id })).items;
  expect(told.map(({ said, output }) => [said, output])).toEqual([
    ['succeeded', null],
    ['failed', null],
  ]);
  expect(JSON.stringify(told)).not.toContain('4711');
});

test('another organisation has no such run', async () => {
  const { id } = await runAnsweredLate({}, 1);
  const stranger: Actor = { ...program.actor, orgId: 'org_00000000000070008000000000000002' as OrgId };
  await expect(listLateAnswers(...at(stranger), { id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
