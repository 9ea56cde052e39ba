import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeText } from '#server/agents/payload-text.ts';
import type { PipelineId, RunId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { payloadRefOf } from '#server/domain/payload-ref.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from './pipeline/create.ts';
import { getRun } from './run/get.ts';
import { readRunObject } from './run/read-object.ts';
import { replayRun } from './run/replay.ts';
import type { RunView } from './run/run-view.ts';
import { type StartRun, startRun } from './run/start.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const TEXT = 'x'.repeat(100_000);
const LARGE = { n: 5, text: TEXT };
const stage = (key: string, more: JsonObject = {}): JsonObject => ({ key, type: 'echo', ...more });
const edge = (from: string, to: string, more: JsonObject = {}): JsonObject => ({ from, to, ...more });

let names = 0;
async function publish(document: JsonObject): Promise<PipelineId> {
  const { id } = await createPipeline(...at(), { name: `large ${++names}`, document, publish: true });
  return id;
}

function untilOver(id: RunId): Promise<RunView> {
  return vi.waitFor(
    async () => {
      const run = await getRun(...at(), { id });
      expect(isRunOver(run.status)).toBe(true);
      return run;
    },
    { timeout: 30_000, interval: 30 },
  );
}

async function run(document: JsonObject, request: Omit<StartRun, 'pipelineId'>): Promise<RunView> {
  const started = await startRun(...at(), { pipelineId: await publish(document), ...request });
  return untilOver(started.run.id);
}

/** As a person would read it: by the reference, from the run. */
async function readValue({ id }: RunView, value: Json | undefined): Promise<Json> {
  const ref = payloadRefOf(value);
  if (!ref) return value ?? null;
  const { content } = await (await readRunObject(...at(), { id, hash: ref.$object })).open();
  return JSON.parse(await decodeText(content));
}

describe('large payloads', () => {
  test('are judged by, mapped from and passed on as what they are, and rows stay small', async () => {
    const document = {
      stages: [
        stage('a', {
          outputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
          retry: { maxAttempts: 2, whenOutput: 'output.n != 5' },
        }),
        stage('yes', { condition: 'stages.a.output.n > 3', input: 'stages.a.output.n' }),
        stage('no', { condition: 'stages.a.output.n > 5' }),
        stage('arm'),
        stage('made', {
          input: { twice: '[stages.a.output.text, stages.a.output.text]', all: 'stages.a.output' },
        }),
      ],
      dependencies: [
        edge('a', 'yes'),
        edge('a', 'no'),
        edge('a', 'arm', { when: { expression: 'size(stages.a.output.text) < 10' } }),
        edge('a', 'made'),
      ],
    };
    const ended = await run(document, { input: LARGE });
    expect(ended.error).toBeNull();
    const statuses = Object.fromEntries(ended.tasks.map((task) => [task.stageKey, task.status]));
    expect(statuses).toEqual({
      a: 'succeeded',
      yes: 'succeeded',
      no: 'skipped',
      arm: 'skipped',
      made: 'succeeded',
    });
    expect(ended.tasks[0]).toMatchObject({ attempt: 1 });
    expect(ended.tasks[1]?.output).toBe(5);
    expect(await readValue(ended, ended.tasks[0]?.output ?? null)).toEqual(LARGE);
    expect(await readValue(ended, ended.tasks[4]?.output ?? null)).toEqual({
      twice: [TEXT, TEXT],
      all: LARGE,
    });
    const [row] = await program.database.sql<{ bytes: number }[]>`
      SELECT max(length(output::text))::int AS bytes FROM tasks`;
    expect(row?.bytes).toBeLessThan(1000);
  });

  test('input and parameters of a run are read whole by expressions, and kept as references', async () => {
    const ended = await run(
      { stages: [stage('a', { condition: 'input.n == 5 && params.m == 6', input: 'params.m' })] },
      { input: LARGE, parameters: { m: 6, text: TEXT } },
    );
    expect(ended.tasks[0]).toMatchObject({ status: 'succeeded', output: 6 });
    expect(payloadRefOf(ended.input)).not.toBeNull();
    expect(payloadRefOf(ended.parameters)).not.toBeNull();
    expect(await readValue(ended, ended.parameters)).toEqual({ m: 6, text: TEXT });
  });

  test('reach a replay, which has a right to them of its own', async () => {
    const inputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    const source = await run(
      { inputSchema, stages: [stage('a'), stage('b')], dependencies: [edge('a', 'b')] },
      { input: LARGE },
    );
    const { run: again } = await replayRun(...at(), { id: source.id, from: 'b' });
    const replayed = await untilOver(again.id);
    expect(replayed).toMatchObject({ status: 'succeeded', input: source.input });
    // What is reused is kept for the replay, however long its source is.
    expect(await readValue(replayed, replayed.tasks[0]?.output)).toEqual(LARGE);
    await expect(
      replayRun(...at(), { id: source.id, from: 'b', input: { n: 'no', text: TEXT } }),
    ).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('that are gone fail the stage with a sentence, and the run with it', async () => {
    const document = {
      stages: [
        stage('a'),
        stage('b', { type: 'sleep', config: { ms: 500 }, input: '1' }),
        stage('c', { condition: 'stages.a.output.n > 3' }),
      ],
      dependencies: [edge('a', 'b'), edge('b', 'c')],
    };
    const gone = { ...LARGE, only: 'here' };
    const started = await startRun(...at(), { pipelineId: await publish(document), input: gone });
    await vi.waitFor(async () => {
      const { tasks } = await getRun(...at(), { id: started.run.id });
      expect(tasks[0]?.status).toBe('succeeded');
    }, 10_000);
    const hash = createHash('sha256').update(JSON.stringify(gone)).digest('hex');
    const objects = program.objectsFolder;
    await rm(join(objects, hash.slice(0, 2), hash.slice(2, 4), hash));
    const ended = await untilOver(started.run.id);
    expect(ended.status).toBe('failed');
    const failed = ended.tasks.find((task) => task.error);
    expect(failed?.error?.message).toContain(`There is no object ${hash}.`);
  });

  test('cannot be referred to by who has not stored them', async () => {
    const pipelineId = await publish({ stages: [stage('a')] });
    const input = { $object: 'f'.repeat(64), bytes: 10, contentType: 'text/plain' };
    await expect(startRun(...at(), { pipelineId, input: { file: input } })).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('not there'),
    });
    const [row] = await program.database.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM run_objects WHERE hash = ${input.$object}`;
    expect(row?.count).toBe(0);
  });
});
