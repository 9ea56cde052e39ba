import { afterEach, beforeEach, expect, test } from 'vitest';
import { partOf } from '#db/parts.ts';
import { deleteExpired } from '#db/queries/expire.ts';
import { audit } from '#server/auditor/audit.ts';
import { createObjectCollector } from '#server/coordinator/object-collector.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { payloadRefOf } from '#server/domain/payload-ref.ts';
import { isRunOver, isTaskOver } from '#server/domain/statuses.ts';
import { createLocalFolderStore } from '#server/platform/object-store/local-folder.ts';
import { archivePipeline, unarchivePipeline } from '#server/services/pipeline/archive.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { listPipelines } from '#server/services/pipeline/list.ts';
import { getRun } from '#server/services/run/get.ts';
import { killRun } from '#server/services/run/kill.ts';
import { readLineage } from '#server/services/run/lineage.ts';
import { replayRun } from '#server/services/run/replay.ts';
import { retryTask } from '#server/services/run/retry-task.ts';
import { startRun } from '#server/services/run/start.ts';
import { startTestApp, type TestApp } from '../app.ts';
import { until } from './until.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeEach(async () => {
  program = await startTestApp();
});
afterEach(() => program[Symbol.asyncDispose]());

const untilOver = (id: RunId) =>
  until(`${id} to be over`, async () => {
    const run = await getRun(...at(), { id });
    return isRunOver(run.status) && run;
  });

async function expectSound(): Promise<void> {
  const { sql } = program.database;
  const objects = { has: store().has, maxLooked: 100 };
  const { findings } = await audit({ sql, graphOf: program.services.graphOf, objects });
  expect(findings).toEqual([]);
}

const store = () => createLocalFolderStore({ folder: program.objectsFolder });

const CHAIN: JsonObject = {
  stages: [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'echo' },
  ],
  dependencies: [{ from: 'a', to: 'b' }],
};

const SIZES: JsonObject = {
  stages: [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'echo', input: 'size(stages.a.output.text)' },
  ],
  dependencies: [{ from: 'a', to: 'b' }],
};

/** Larger than what a row takes. */
const LARGE = { text: 'x'.repeat(200_000) };

/** As if it had ended so long ago that nobody keeps it; then what retention does with such a run and with what it leaves. */
async function expire(id: RunId): Promise<void> {
  const { sql } = program.database;
  await sql`UPDATE runs SET finished_at = now() - interval '400 days' WHERE id = ${toUuid(id)}::text::uuid`;
  await sql`UPDATE stored_objects SET touched_at = now() - interval '400 days'`;
  const ofIts = { week: Number(partOf(id).slice(1)), keep: { succeeded: 30, failed: 30, cancelled: 30 } };
  expect(
    await deleteExpired(sql, ofIts, { after: '00000000-0000-0000-0000-000000000000', limit: 10 }),
  ).toMatchObject({ deleted: 1 });
  const troubles: string[] = [];
  const about = { graceMs: 60_000, random: () => 0, now: Date.now, isStopped: () => false };
  await createObjectCollector({ objects: store(), ...about, onTrouble: (what) => troubles.push(what) }).run(
    sql,
  );
  expect(troubles).toEqual([]);
}

test('a run that is replayed from may go: its replay keeps what it took over, and the object goes with the last that needs it', async () => {
  const { id: pipelineId } = await createPipeline(...at(), { name: 'kept', document: SIZES, publish: true });
  const { run: first } = await startRun(...at(), { pipelineId, input: LARGE });
  await untilOver(first.id);
  // With an input of its own, so that what it takes over is all that it needs of the store.
  const { run: second } = await replayRun(...at(), { id: first.id, from: 'b', input: null });
  const replayed = await untilOver(second.id);
  expect(replayed.tasks.map(({ attempt }) => attempt)).toEqual([0, 1]);
  const ref = payloadRefOf(replayed.tasks[0]?.output);
  expect(ref).not.toBeNull();
  const hash = ref?.$object ?? '';

  await expire(first.id);
  await expect(getRun(...at(), { id: first.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await readLineage(...at(), { id: second.id })).toMatchObject({ ancestors: [], replays: [] });
  expect(await store().has(hash)).toBe(true);
  // What it took over is still there to be worked on once more.
  const { run: third } = await replayRun(...at(), { id: second.id, from: 'b' });
  expect((await untilOver(third.id)).tasks[1]?.output).toBe(LARGE.text.length);
  await expectSound();

  await expire(second.id);
  expect(await store().has(hash)).toBe(true);
  await expire(third.id);
  expect(await store().has(hash)).toBe(false);
  const [left] = await program.database.sql`
    SELECT (SELECT count(*)::int FROM run_objects) AS kept, (SELECT count(*)::int FROM stored_objects) AS stored`;
  expect(left).toEqual({ kept: 0, stored: 0 });
  await expectSound();
});

const namesakes = async () => (await listPipelines(...at(), {})).items.filter(({ name }) => name === 'gone');

test('F45 a pipeline that is archived in the middle of a run lets it go on as it was begun, and begins none until it is back', async () => {
  const waiting = { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600, jitter: 0 };
  const document: JsonObject = {
    stages: [
      { key: 'first', type: 'fail', retry: waiting },
      { key: 'after', type: 'echo' },
    ],
    dependencies: [{ from: 'first', to: 'after', when: 'failure' }],
  };
  const { id: pipelineId } = await createPipeline(...at(), { name: 'gone', document, publish: true });
  const { run } = await startRun(...at(), { pipelineId, input: null });
  const [task] = await until('its first stage to wait for its second attempt', async () => {
    const { tasks } = await getRun(...at(), { id: run.id });
    return tasks[0]?.attempt === 1 && tasks[0].error !== null && tasks;
  });
  await archivePipeline(...at(), { id: pipelineId });
  expect(await namesakes()).toEqual([]);
  // Its name is free: another may have it while the run goes on.
  await createPipeline(...at(), { name: 'gone', document: CHAIN, publish: true });

  // It is operated like any other.
  await retryTask(...at(), { taskId: task?.id ?? '' });
  const ended = await untilOver(run.id);
  expect(ended.pipelineId).toBe(pipelineId);
  expect(ended.tasks.map(({ status }) => isTaskOver(status))).toEqual([true, true]);
  expect(ended.tasks.map(({ attempt }) => attempt)).toEqual([2, 1]);

  const archived = { code: 'CONFLICT', message: 'The pipeline "gone" is archived.' };
  await expect(startRun(...at(), { pipelineId })).rejects.toMatchObject(archived);
  for (const how of [{}, { from: 'after' }, { version: 'newest' as const }, { only: 'after' }])
    await expect(replayRun(...at(), { id: run.id, ...how })).rejects.toMatchObject(archived);

  await expect(unarchivePipeline(...at(), { id: pipelineId })).rejects.toMatchObject({ code: 'CONFLICT' });
  for (const { id } of await namesakes()) await archivePipeline(...at(), { id });
  await unarchivePipeline(...at(), { id: pipelineId });
  const { run: again } = await replayRun(...at(), { id: run.id });
  expect(again).toMatchObject({ replayOf: run.id, pipelineId });
  await killRun(...at(), { id: again.id });
  await expectSound();
});
