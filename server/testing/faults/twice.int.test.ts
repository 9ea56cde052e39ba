import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { type RunId, type TaskId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { isRunOver, isTaskHeld, isTaskRetrying, type TaskStatus } from '#server/domain/statuses.ts';
import { createBulk } from '#server/services/bulk/create.ts';
import { getBulk } from '#server/services/bulk/look.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { cancelRun } from '#server/services/run/cancel.ts';
import { getRun } from '#server/services/run/get.ts';
import { killRun } from '#server/services/run/kill.ts';
import { pauseRun } from '#server/services/run/pause.ts';
import { replayRun } from '#server/services/run/replay.ts';
import { resumeRun } from '#server/services/run/resume.ts';
import { retryTask } from '#server/services/run/retry-task.ts';
import { startRun } from '#server/services/run/start.ts';
import { startTestApp, type TestApp } from '../app.ts';
import { until } from './until.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const HOUR = 3_600_000;
const sleeping: JsonObject = { stages: [{ key: 'only', type: 'sleep', config: { ms: HOUR } }] };
const failing: JsonObject = {
  stages: [
    {
      key: 'only',
      type: 'fail',
      retry: { maxAttempts: 5, initialSeconds: 3600, maxSeconds: 3600, jitter: 0 },
    },
  ],
};

const failingOnce: JsonObject = {
  stages: [{ ...(failing.stages as JsonObject[])[0], config: { times: 1 } }] as JsonObject[],
};

let made = 0;
/** A run whose one task has come so far. */
async function begin(document: JsonObject, is: (status: TaskStatus) => boolean) {
  made += 1;
  const { id: pipelineId } = await createPipeline(...at(), {
    name: `twice ${made}`,
    document,
    publish: true,
  });
  const { run } = await startRun(...at(), { pipelineId });
  const task = await until('its task to have come so far', async () => {
    const [first] = (await getRun(...at(), { id: run.id })).tasks;
    return first && is(first.status) && first;
  });
  return { id: run.id, pipelineId, taskId: task.id as TaskId };
}

/** How often the run was told each of these. */
async function told(id: RunId, ...types: string[]): Promise<number[]> {
  const rows = await program.database.sql<{ type: string }[]>`
    SELECT entry ->> 'type' AS type FROM run_events, json_array_elements(entries) AS entry
    WHERE run_id = ${toUuid(id)}::text::uuid`;
  return types.map((type) => rows.filter((row) => row.type === type).length);
}

const twice = <T>(act: () => Promise<T>): Promise<[T, T]> => Promise.all([act(), act()]);

async function expectSound(): Promise<void> {
  const { findings } = await audit({ sql: program.database.sql, graphOf: program.services.graphOf });
  expect(findings).toEqual([]);
}

test('F44 pausing and resuming twice at once happens once, and both are told how it is', async () => {
  const { id } = await begin(sleeping, isTaskHeld);
  for (const run of await twice(() => pauseRun(...at(), { id }))) expect(run.status).toBe('paused');
  for (const run of await twice(() => resumeRun(...at(), { id }))) expect(run.status).toBe('running');
  expect(await told(id, 'run.paused', 'run.resumed')).toEqual([1, 1]);
  await killRun(...at(), { id });
  await expectSound();
});

test.each<[string, (id: RunId) => Promise<{ status: string }>, number]>([
  ['cancelling', (id) => cancelRun(...at(), { id, graceSeconds: 600 }), 1],
  ['killing', (id) => killRun(...at(), { id }), 1],
])('F44 %s twice at once happens once, and so does asking again when it has ended', async (_, act, times) => {
  const { id } = await begin(sleeping, isTaskHeld);
  await twice(() => act(id));
  await until('the run to end', async () => isRunOver((await getRun(...at(), { id })).status));
  for (const run of await twice(() => act(id))) expect(run.status).toBe('cancelled');
  expect(await told(id, 'run.cancelling', 'run.cancelled', 'task.cancelled')).toEqual([times, 1, 1]);
  await expect(pauseRun(...at(), { id })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expectSound();
});

test('F44 a kill that comes with a cancel ends the run at once, whichever is first', async () => {
  for (const killFirst of [true, false]) {
    const { id } = await begin(sleeping, isTaskHeld);
    const acts = [() => killRun(...at(), { id }), () => cancelRun(...at(), { id, graceSeconds: 600 })];
    if (!killFirst) acts.reverse();
    await Promise.all(acts.map((act) => act()));
    expect((await getRun(...at(), { id })).status).toBe('cancelled');
    expect(await told(id, 'run.cancelled', 'task.cancelled')).toEqual([1, 1]);
  }
  await expectSound();
});

test('F44 a retry that is asked for by three at once is one attempt where each names the one it saw, and two are told so', async () => {
  const { id, taskId } = await begin(failing, isTaskRetrying);
  const three = [1, 2, 3].map(() => retryTask(...at(), { taskId, attempt: 1 }));
  const outcomes = await Promise.allSettled(three);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    expect(outcome.reason).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('at attempt 2 by now'),
    });
  }
  await until('the second attempt to fail', async () => {
    const [task] = (await getRun(...at(), { id })).tasks;
    return task && isTaskRetrying(task.status) && task.attempt === 2;
  });
  await expect(retryTask(...at(), { taskId, attempt: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
  await killRun(...at(), { id });
  await expectSound();
});

test('F44 a retry of all that fails beside a retry of the one, twice over, is one attempt', async () => {
  const { id, taskId } = await begin(failingOnce, isTaskRetrying);
  const bulk = async () => (await createBulk(...at(), { action: 'retry', ids: [id] })).bulk.id;
  const one = () => retryTask(...at(), { taskId, attempt: 1 });
  const [first, second, ...ones] = await Promise.allSettled([bulk(), bulk(), one(), one()]);
  expect(ones.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
  for (const made of [first, second]) {
    if (made?.status !== 'fulfilled') throw new Error('Both were to be made.', { cause: made });
    await until('the retry of all to be through', async () => {
      const { status } = await getBulk(...at(), { id: made.value });
      return status !== 'open';
    });
  }
  const { tasks } = await until('the run to have succeeded', async () => {
    const run = await getRun(...at(), { id });
    return isRunOver(run.status) && run;
  });
  expect(tasks[0]).toMatchObject({ status: 'succeeded', attempt: 2 });
  await expectSound();
});

test('F44 a replay or a start that is asked for twice is two runs, and one under a key; another one under that key is refused', async () => {
  const { id, pipelineId } = await begin(sleeping, isTaskHeld);
  await killRun(...at(), { id });
  const acts = {
    replay: (more: { idempotencyKey?: string; input?: null | number }) => replayRun(...at(), { id, ...more }),
    start: (more: { idempotencyKey?: string; input?: null | number }) =>
      startRun(...at(), { pipelineId, ...more }),
  };
  for (const [name, act] of Object.entries(acts)) {
    const [one, two] = await twice(() => act({}));
    expect(one.run.id).not.toBe(two.run.id);
    const idempotencyKey = `twice ${name}`;
    const [first, again] = await twice(() => act({ idempotencyKey }));
    expect(again.run.id).toBe(first.run.id);
    expect([first.isNew, again.isNew].toSorted()).toEqual([false, true]);
    await expect(act({ idempotencyKey, input: 7 })).rejects.toMatchObject({ code: 'CONFLICT' });
    for (const { run } of [one, two, first]) await killRun(...at(), { id: run.id });
  }
  const [{ count } = { count: 0 }] = await program.database.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM runs WHERE pipeline_id = ${toUuid(pipelineId)}::text::uuid`;
  expect(count).toBe(1 + 2 * 3);
  await expectSound();
});
