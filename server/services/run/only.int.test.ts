import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from '../pipeline/create.ts';
import { getRun } from './get.ts';
import { replayRun } from './replay.ts';
import { startRun } from './start.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const chain = (second: JsonObject = {}): JsonObject => ({
  stages: [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'echo', ...second },
    { key: 'c', type: 'echo', input: '{"got": stages.b.output}' },
  ],
  dependencies: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ],
});

const untilOver = (id: RunId) =>
  vi.waitFor(
    async () => {
      const run = await getRun(...at(), { id });
      expect(isRunOver(run.status)).toBe(true);
      return run;
    },
    { timeout: 60_000, interval: 50 },
  );

async function runOf(name: string, document: JsonObject) {
  const { id } = await createPipeline(...at(), { name, document, publish: true });
  const { run } = await startRun(...at(), { pipelineId: id, input: { n: 1 } });
  return untilOver(run.id);
}

test('one stage is run on what the stages before it gave, and the run says of what it is a part', async () => {
  const source = await runOf('alone', chain());
  const { run } = await replayRun(...at(), { id: source.id, only: 'b' });
  const alone = await untilOver(run.id);
  expect(alone).toMatchObject({
    status: 'succeeded',
    trigger: 'stage',
    replayOf: source.id,
    replayFrom: 'b',
  });
  expect(alone.tasks.map(({ status, attempt }) => [status, attempt])).toEqual([
    ['succeeded', 0],
    ['succeeded', 1],
    ['skipped', 0],
  ]);
  expect(alone.tasks[1]?.output).toEqual({ n: 1 });
  const { database, services } = program;
  expect((await audit({ sql: database.sql, graphOf: services.graphOf })).findings).toEqual([]);
});

test('a stage whose upstream has no output is refused with the stage to begin with', async () => {
  const source = await runOf('broken', chain({ type: 'fail', retry: { maxAttempts: 1 } }));
  await expect(replayRun(...at(), { id: source.id, only: 'c' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('no output of the stage b'),
  });
  await expect(replayRun(...at(), { id: source.id, only: 'b', from: 'a' })).rejects.toMatchObject({
    code: 'INVALID',
  });
  await expect(replayRun(...at(), { id: source.id, only: 'nothing' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('the same key asks once, and with another stage it is a conflict', async () => {
  const source = await runOf('keyed', chain());
  const idempotencyKey = 'one press';
  const first = await replayRun(...at(), { id: source.id, only: 'a', idempotencyKey });
  const again = await replayRun(...at(), { id: source.id, only: 'a', idempotencyKey });
  expect([again.isNew, again.run.id]).toEqual([false, first.run.id]);
  await expect(replayRun(...at(), { id: source.id, only: 'b', idempotencyKey })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});
