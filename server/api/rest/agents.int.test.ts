import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { DOOR_SECRET, openTestDoor, type TestDoor } from '#server/testing/http-door.ts';

let program: TestApp;
let door: TestDoor;
beforeEach(async () => {
  program = await startTestApp();
  door = await openTestDoor(program);
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const call: TestDoor['call'] = (path, body) => door.call(path, body);

const REGISTRATION = {
  name: 'agent-name',
  type: 'worker',
  capabilities: ['task-execution', 'data-processing'],
  resources: { cpu: 4, memory: '8GB', gpu: true },
};

describe('an agent that comes for its work over HTTP', () => {
  test('registers, is listed, claims a task, tells of it and answers, and the caller reads the result', async () => {
    const registered = await call('/agents/register', REGISTRATION);
    expect(registered.status).toBe(201);
    const { agent_id: id, generation } = registered.body;
    await call(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });

    const submitted = await call('/tasks', {
      type: 'task-execution',
      payload: { say: 'hello' },
      retry_count: 3,
    });
    expect(submitted.status).toBe(202);
    const taskId = submitted.body.task_id;

    const claimed = await call(`/agents/${id}/claim`, { generation, max: 5, wait_ms: 20_000 });
    expect(claimed.body.tasks).toMatchObject([{ task_id: taskId, input: { say: 'hello' }, attempt: 1 }]);
    const reported = { task_id: taskId, epoch: claimed.body.tasks[0].epoch };
    expect((await call(`/tasks/${taskId}`)).body).toMatchObject({ status: 'running', assigned_agent: id });

    const beat = { type: 'beat', ...reported, progress: 0.5 };
    const log = { type: 'log', ...reported, line: 0, message: 'Task started' };
    expect(
      (await call(`/agents/${id}/reports`, { generation, reports: [log, beat] })).body.answers,
    ).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
    const answer = { type: 'succeeded', ...reported, output: { said: 'hello' } };
    await call(`/agents/${id}/reports`, { generation, reports: [answer] });
    const task = (await call(`/tasks/${taskId}`)).body;
    expect(task).toMatchObject({ status: 'completed', progress: 1, error: null });
    expect(task.logs).toMatchObject([{ level: 'info', message: 'Task started' }]);
  });

  test('may be the example of the documentation', async () => {
    const pipeline = await call('/pipelines', {
      name: 'greetings',
      stages: [
        { name: 'read', type: 'data-ingestion', required: true, timeout: 60 },
        { name: 'greet', type: 'greet', required: true, timeout: 60 },
      ],
      dependencies: [{ from: 0, to: 1 }],
    });
    const input_data = { data: [{ name: 'Ada' }, { name: 'Alan' }] };
    const run = await call(`/pipelines/${pipeline.body.id}/execute`, { input_data });
    const example = join(import.meta.dirname, '../../../docs/examples/greet-agent.mjs');
    const agent = spawn(process.execPath, [example], {
      env: { ...process.env, SIGNALBOX_URL: door.origin, SIGNALBOX_TOKEN: DOOR_SECRET },
    });
    try {
      await vi.waitFor(
        async () => {
          const { body } = await call(`/runs/${run.body.id}`);
          expect(body).toMatchObject({ status: 'succeeded' });
          expect(body.stages[1].output).toEqual([{ greeting: 'Hello Ada!' }, { greeting: 'Hello Alan!' }]);
        },
        { timeout: 120_000, interval: 50 },
      );
    } finally {
      agent.kill();
    }
  });

  test('is the same agent when it registers again, one generation later', async () => {
    const first = await call('/agents/register', { ...REGISTRATION, name: 'twice' });
    const second = await call('/agents/register', { ...REGISTRATION, name: 'twice' });
    expect(second).toMatchObject({
      status: 200,
      body: { agent_id: first.body.agent_id, generation: first.body.generation + 1 },
    });
  });

  test('is drained and brought back by people, who say why', async () => {
    const { body } = await call('/agents/register', { ...REGISTRATION, name: 'ordered' });
    const path = `/agents/${body.agent_id}/orders`;
    expect((await call(path, { order: 'drain', reason: 'new disk' })).body).toMatchObject({
      reason: 'new disk',
    });
    expect((await call(path, { order: 'drain' })).status).toBe(400);
    expect((await call(path, { order: 'resume', reason: 'done' })).status).toBe(200);
  });

  test('is refused with what to do when it says nothing of itself, or does not exist', async () => {
    expect(await call('/agents/register', { name: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'INVALID' },
    });
    const nobody = `agent_${'0'.repeat(32)}`;
    expect((await call(`/agents/${nobody}/claim`, { generation: 1 })).status).toBe(404);
  });
});
