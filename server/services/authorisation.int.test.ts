import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeText } from '#server/agents/payload-text.ts';
import type { PipelineId, RunId } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { type Actor, LOCAL_OWNER } from '#server/identity/actor.ts';
import type { Role } from '#server/identity/permissions.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { registerAgent } from './agent/register.ts';
import { claimTasks, sendReports } from './agent/visit.ts';
import { createPipeline } from './pipeline/create.ts';
import { updateDraft } from './pipeline/update-draft.ts';
import { cancelRun } from './run/cancel.ts';
import { listRunEvents } from './run/events.ts';
import { getRun } from './run/get.ts';
import { listRuns } from './run/list.ts';
import { readRunObject } from './run/read-object.ts';
import type { RunView } from './run/run-view.ts';
import { startRun } from './run/start.ts';
import { getTask } from './task/get.ts';
import { listTaskLogs } from './task/logs.ts';
import { submitTask } from './task/submit.ts';

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const person = (role: Role, grants: PipelineId[] = []): Actor => ({
  ...LOCAL_OWNER,
  kind: 'person',
  name: role,
  role,
  grants: new Set(grants),
});
const agentNamed = (name: string): Actor => ({
  ...LOCAL_OWNER,
  kind: 'agent',
  name,
  role: null,
  agent: name,
});
const FORBIDDEN = { code: 'FORBIDDEN' };
const SECRET = 'the-secret-of-this-run';

let names = 0;
const echoPipeline = () =>
  createPipeline(program.services, LOCAL_OWNER, {
    name: `authorised ${++names}`,
    document: { stages: [{ key: 'a', type: 'echo' }] },
    publish: true,
  });

function untilOver(id: RunId): Promise<RunView> {
  return vi.waitFor(
    async () => {
      const run = await getRun(program.services, LOCAL_OWNER, { id });
      expect(isRunOver(run.status)).toBe(true);
      return run;
    },
    { timeout: 30_000, interval: 30 },
  );
}

test('an auditor sees how a run went and none of what it worked on', async () => {
  const { id } = await echoPipeline();
  const { run } = await startRun(program.services, LOCAL_OWNER, {
    pipelineId: id,
    input: { text: SECRET },
    parameters: { p: SECRET },
    metadata: { m: SECRET },
  });
  const whole = await untilOver(run.id);
  expect(JSON.stringify(whole)).toContain(SECRET);
  const task = whole.tasks[0]?.id ?? ('' as never);
  const auditor = person('auditor');
  const seen = [
    await getRun(program.services, auditor, { id: run.id }),
    await getTask(program.services, auditor, { id: task }),
    await listRuns(program.services, auditor, {}),
    await listRunEvents(program.services, auditor, { id: run.id }),
  ];
  expect(seen[0]).toMatchObject({ status: 'succeeded', tasks: [{ status: 'succeeded', output: null }] });
  expect(JSON.stringify(seen)).not.toContain(SECRET);
  await expect(listTaskLogs(program.services, auditor, { id: task })).rejects.toMatchObject(FORBIDDEN);
  const hash = '0'.repeat(64);
  await expect(readRunObject(program.services, auditor, { id: run.id, hash })).rejects.toMatchObject(
    FORBIDDEN,
  );
});

test('what failed is told to an auditor by its code, not in the words of the agent', async () => {
  const { services } = program;
  const agent = agentNamed('failing');
  const { id, generation } = await registerAgent(services, agent, {
    name: 'failing',
    capabilities: ['failing'],
  });
  const { task } = await submitTask(services, LOCAL_OWNER, { type: 'failing' });
  const { tasks } = await claimTasks(services, agent, { input: { id, generation } });
  const [claimed] = tasks;
  const error = { class: 'invalid-input', code: 'BAD_INPUT', message: SECRET, details: { quoted: SECRET } };
  const report = { type: 'failed', task_id: claimed?.task_id, epoch: claimed?.epoch, error };
  await sendReports(services, agent, { id, generation, reports: [report] });
  await untilOver(task.run.id);
  const auditor = person('auditor');
  const seen = [
    await getRun(services, auditor, { id: task.run.id }),
    await listRuns(services, auditor, {}),
    await listRunEvents(services, auditor, { id: task.run.id }),
  ];
  expect(JSON.stringify(seen)).toContain('BAD_INPUT');
  expect(JSON.stringify(seen)).not.toContain(SECRET);
});

test('a grant lets a viewer edit, run and stop that pipeline and no other', async () => {
  const [mine, other] = [await echoPipeline(), await echoPipeline()];
  const viewer = person('viewer', [mine.id]);
  const document = { stages: [{ key: 'b', type: 'echo' }] };
  const edit = (id: PipelineId) => updateDraft(program.services, viewer, { id, revision: 1, document });
  await expect(edit(mine.id)).resolves.toMatchObject({ revision: 2 });
  await expect(edit(other.id)).rejects.toMatchObject(FORBIDDEN);
  await startRun(program.services, viewer, { pipelineId: mine.id });
  await expect(startRun(program.services, viewer, { pipelineId: other.id })).rejects.toMatchObject(FORBIDDEN);
  const { run } = await startRun(program.services, LOCAL_OWNER, { pipelineId: other.id });
  await expect(cancelRun(program.services, viewer, { id: run.id })).rejects.toMatchObject(FORBIDDEN);
});

test('a key that may only write is not shown what it may not read', async () => {
  const { id } = await echoPipeline();
  const writer: Actor = { ...person('operator'), kind: 'key', scopes: ['runs:write'] };
  const { run } = await startRun(program.services, writer, { pipelineId: id, input: { text: SECRET } });
  expect(JSON.stringify(run)).not.toContain(SECRET);
  await expect(getRun(program.services, writer, { id: run.id })).rejects.toMatchObject(FORBIDDEN);
});

test("an agent's token works as its own agent alone, and another's is as if it were not there", async () => {
  const { services } = program;
  const one = agentNamed('one');
  const { id, generation } = await registerAgent(services, one, { name: 'one', capabilities: ['one'] });
  await expect(registerAgent(services, one, { name: 'two', capabilities: ['one'] })).rejects.toMatchObject(
    FORBIDDEN,
  );
  const visit = (actor: Actor) => claimTasks(services, actor, { input: { id, generation, wait_ms: 0 } });
  await expect(visit(one)).resolves.toMatchObject({ tasks: [] });
  await expect(visit(agentNamed('two'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(visit(person('operator'))).rejects.toMatchObject(FORBIDDEN);
  await expect(listRuns(services, one, {})).rejects.toMatchObject(FORBIDDEN);
});

test('an agent reads the objects of a task while it holds it, and no longer', async () => {
  const { services } = program;
  const agent = agentNamed('reader');
  const { id, generation } = await registerAgent(services, agent, {
    name: 'reader',
    capabilities: ['reader'],
  });
  const { task } = await submitTask(services, LOCAL_OWNER, {
    type: 'reader',
    payload: { text: 'x'.repeat(100_000) },
  });
  const object = (task.run.input as { $object: string }).$object;
  const read = (actor: Actor) => readRunObject(services, actor, { id: task.run.id, hash: object });
  await expect(read(agent)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const { tasks } = await claimTasks(services, agent, { input: { id, generation } });
  expect((await decodeText((await (await read(agent)).open()).content)).length).toBeGreaterThan(100_000);
  await expect(read(agentNamed('stranger'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const done = { type: 'succeeded', task_id: tasks[0]?.task_id, epoch: tasks[0]?.epoch, output: {} };
  await sendReports(services, agent, { id, generation, reports: [done] });
  await untilOver(task.run.id);
  await expect(read(agent)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
