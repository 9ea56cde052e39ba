import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import type { PipelineId, RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from '../pipeline/create.ts';
import { publishPipeline } from '../pipeline/publish.ts';
import { updateDraft } from '../pipeline/update-draft.ts';
import { getRun } from './get.ts';
import { replayRun } from './replay.ts';
import { startRun } from './start.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

type Stages = Record<string, JsonObject>;

/** In a row, each on what the one before it gave and with its own name to that: so an output tells how it came about. */
function row(stages: Stages): JsonObject {
  const keys = Object.keys(stages);
  return {
    stages: keys.map((key, at) => ({
      ...{ key, type: 'echo' },
      input: at === 0 ? `input + ">${key}"` : `stages["${keys[at - 1]}"].output + ">${key}"`,
      ...stages[key],
    })),
    dependencies: keys.slice(1).map((key, at) => ({ from: keys[at] ?? '', to: key })),
  };
}

const untilOver = (id: RunId) =>
  vi.waitFor(
    async () => {
      const run = await getRun(...at(), { id });
      expect(isRunOver(run.status)).toBe(true);
      return run;
    },
    { timeout: 60_000, interval: 50 },
  );

async function publish(id: PipelineId, document: JsonObject): Promise<void> {
  await updateDraft(...at(), { id, revision: 1, document });
  await publishPipeline(...at(), { id });
}

/** A run of the one graph, and then the other is published. */
async function runThenPublish(name: string, before: JsonObject, after: JsonObject) {
  const { id } = await createPipeline(...at(), { name, document: before, publish: true });
  const { run } = await startRun(...at(), { pipelineId: id, input: 'old' });
  const source = await untilOver(run.id);
  await publish(id, after);
  return source;
}

async function replayed(id: RunId, request: Omit<Parameters<typeof replayRun>[2], 'id'> = {}) {
  const { run } = await replayRun(...at(), { id, version: 'newest', ...request });
  const over = await untilOver(run.id);
  expect(over).toMatchObject({ replayOf: id });
  const { database, services } = program;
  expect((await audit({ sql: database.sql, graphOf: services.graphOf })).findings).toEqual([]);
  return over;
}

/** By stage: what it gave, and whether that was taken over. */
const tell = ({ tasks }: Awaited<ReturnType<typeof untilOver>>) =>
  Object.fromEntries(
    tasks.map(({ stageKey, output, attempt }) => [stageKey, [output, attempt === 0 ? 'kept' : 'done']]),
  );

const THREE: Stages = { a: {}, b: {}, c: {} };

test('what means the same is kept, whatever it is called and however it is tried', async () => {
  const after = row({
    a: { name: 'The first', timeouts: { stageSeconds: 60 }, priority: 'high' },
    b: {},
    c: {},
  });
  const source = await runThenPublish('the same', row(THREE), after);
  const over = await replayed(source.id, { from: 'c' });
  expect(over.versionId).not.toBe(source.versionId);
  expect(tell(over)).toEqual({
    a: ['old>a', 'kept'],
    b: ['old>a>b', 'kept'],
    c: ['old>a>b>c', 'done'],
  });
  expect(over.replayFrom).toBe('c');
});

test('with another input only what is done again sees it', async () => {
  const after = row({ a: {}, b: {}, c: { input: 'input + stages.b.output + ">c2"' } });
  const source = await runThenPublish('edited', row(THREE), after);
  expect(tell(await replayed(source.id, { from: 'c', input: 'new' }))).toEqual({
    a: ['old>a', 'kept'],
    b: ['old>a>b', 'kept'],
    c: ['newold>a>b>c2', 'done'],
  });
});

test('a stage that does something else is done again, and all that follows it, though a later one was named', async () => {
  const after = row({ a: {}, b: { input: 'stages.a.output + ">other"' }, c: {} });
  const source = await runThenPublish('changed', row(THREE), after);
  expect(tell(await replayed(source.id, { from: 'c' }))).toEqual({
    a: ['old>a', 'kept'],
    b: ['old>a>other', 'done'],
    c: ['old>a>other>c', 'done'],
  });
});

test.each<[string, JsonObject]>([
  ['asks for another capability', { type: 'sleep', config: { ms: 1 } }],
  ['has another config', { config: { other: true } }],
  ['promises another output', { outputSchema: { type: 'string' } }],
  ['has a condition', { condition: 'input == "old"' }],
])('a stage that %s is another stage', async (what, change) => {
  const source = await runThenPublish(what, row(THREE), row({ a: {}, b: change, c: {} }));
  const over = await replayed(source.id, { from: 'c' });
  expect(tell(over).a).toEqual(['old>a', 'kept']);
  expect(tell(over).b?.[1]).toBe('done');
});

test('a stage under another key is a new one: it is done, and what it followed is kept', async () => {
  const source = await runThenPublish('renamed', row(THREE), row({ a: {}, beta: {}, c: {} }));
  expect(tell(await replayed(source.id, { from: 'c' }))).toEqual({
    a: ['old>a', 'kept'],
    beta: ['old>a>beta', 'done'],
    c: ['old>a>beta>c', 'done'],
  });
  await expect(replayRun(...at(), { id: source.id, version: 'newest', from: 'b' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    advice: expect.stringContaining('beta'),
  });
  expect(tell(await replayed(source.id, { from: 'b', version: 'original' }))).toMatchObject({
    a: ['old>a', 'kept'],
    b: ['old>a>b', 'done'],
  });
});

test('a stage that is gone takes nothing with it but itself, and what followed it is done again', async () => {
  const source = await runThenPublish('removed', row(THREE), row({ a: {}, c: {} }));
  expect(tell(await replayed(source.id, { from: 'c' }))).toEqual({
    a: ['old>a', 'kept'],
    c: ['old>a>c', 'done'],
  });
});

test('a stage that was put in between is done, and what follows it', async () => {
  const source = await runThenPublish('added', row(THREE), row({ a: {}, new: {}, b: {}, c: {} }));
  expect(tell(await replayed(source.id, { from: 'c' }))).toEqual({
    a: ['old>a', 'kept'],
    new: ['old>a>new', 'done'],
    b: ['old>a>new>b', 'done'],
    c: ['old>a>new>b>c', 'done'],
  });
});

test('a stage that follows others than before is done again though it reads the same', async () => {
  const stages = row(THREE).stages ?? [];
  const before = {
    stages,
    dependencies: [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ],
  };
  const after = { stages, dependencies: [...before.dependencies, { from: 'a', to: 'c' }] };
  const d = { key: 'd', type: 'echo', input: '"d"' };
  const withD = (graph: typeof before): JsonObject => ({
    stages: [...(graph.stages as JsonObject[]), d],
    dependencies: [...graph.dependencies, { from: 'c', to: 'd' }],
  });
  const source = await runThenPublish('rewired', withD(before), withD(after));
  expect(tell(await replayed(source.id, { from: 'd' }))).toMatchObject({
    b: ['old>a>b', 'kept'],
    c: ['old>a>b>c', 'done'],
    d: ['d', 'done'],
  });
});

test('where the run broke is found in the newest version too, with what was mended', async () => {
  const broken = row({ a: {}, b: { type: 'fail', retry: { maxAttempts: 1 } }, c: {} });
  const source = await runThenPublish('mended', broken, row(THREE));
  expect(source.status).toBe('failed');
  const over = await replayed(source.id, { fromFailure: true });
  expect(over).toMatchObject({ status: 'succeeded', replayFrom: 'b' });
  expect(tell(over)).toEqual({
    a: ['old>a', 'kept'],
    b: ['old>a>b', 'done'],
    c: ['old>a>b>c', 'done'],
  });
});

test('one stage alone is not run on what another stage of that name gave', async () => {
  const source = await runThenPublish(
    'alone',
    row(THREE),
    row({ a: { config: { other: 1 } }, b: {}, c: {} }),
  );
  await expect(replayRun(...at(), { id: source.id, version: 'newest', only: 'b' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('The stage a has been changed since the run'),
  });
  const { run } = await replayRun(...at(), { id: source.id, version: 'newest', only: 'c' });
  expect((await untilOver(run.id)).status).toBe('succeeded');
});
