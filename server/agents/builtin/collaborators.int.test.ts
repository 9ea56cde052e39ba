import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isRunOver, isTaskSuccess } from '#server/domain/statuses.ts';
import { getRun } from '#server/services/run/get.ts';
import { startRun } from '#server/services/run/start.ts';
import { instantiateTemplate } from '#server/services/template/instantiate.ts';
import { followActivity } from '#server/services/workspace/browse.ts';
import { readFile } from '#server/services/workspace/files.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const PATIENCE = { timeout: 120_000, interval: 50 };

test('the writer and the reviewer of the template collide twice, and both have their say', async () => {
  const { id: pipelineId } = await instantiateTemplate(...at(), { key: 'shared_files', name: 'two share' });
  const { run } = await startRun(...at(), { pipelineId });
  const done = await vi.waitFor(async () => {
    const found = await getRun(...at(), { id: run.id });
    expect(isRunOver(found.status)).toBe(true);
    return found;
  }, PATIENCE);
  expect(done.tasks.map(({ stageKey, output }) => [stageKey, output])).toEqual([
    ['writer', { path: 'report.md', version: 5, conflicts: 1 }],
    ['reviewer', { path: 'report.md', version: 4, conflicts: 1 }],
  ]);
  expect(done.tasks.every(({ status }) => isTaskSuccess(status))).toBe(true);
  const { content } = await readFile(...at(), { of: run.id, path: 'report.md' });
  expect(content).toEqual({
    text: expect.stringMatching(/one claim, one message and one diff.*Reviewed: /s),
  });
  const activity = await followActivity(...at(), { input: { of: run.id, limit: 500 } });
  const said = activity.flatMap((item) => (item.type === 'step' ? [item.entry.message] : []));
  expect(said.filter((message) => message.startsWith('Refused: '))).toEqual([
    expect.stringMatching(/report\.md is claimed by builtin-demo-writer since /),
    expect.stringMatching(
      /report\.md is at version 4, written by builtin-demo-reviewer at .*, and you changed version 3/,
    ),
  ]);
  expect(activity.flatMap((item) => (item.type === 'message' ? [item.entry.body] : []))).toEqual([
    'May I have report.md?',
    'report.md is yours.',
    'I have reviewed report.md: version 4.',
  ]);
});
