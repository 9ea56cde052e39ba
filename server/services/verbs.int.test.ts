import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { runs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { decodeText } from '#server/agents/payload-text.ts';
import { graphSchema } from '#server/domain/graph/schema.ts';
import type { OrgId, PipelineId, RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { listAgents } from './agent/list.ts';
import { createPipeline } from './pipeline/create.ts';
import { exportPipeline } from './pipeline/export.ts';
import { getPipeline } from './pipeline/get.ts';
import { importPipeline } from './pipeline/import.ts';
import { listPipelines } from './pipeline/list.ts';
import { publishPipeline } from './pipeline/publish.ts';
import { updateDraft } from './pipeline/update-draft.ts';
import { cancelRun } from './run/cancel.ts';
import { listRunEvents } from './run/events.ts';
import { getRun } from './run/get.ts';
import { listRuns } from './run/list.ts';
import { pauseRun } from './run/pause.ts';
import { readRunObject } from './run/read-object.ts';
import { replayRun } from './run/replay.ts';
import { resumeRun } from './run/resume.ts';
import type { RunView } from './run/run-view.ts';
import { startRun } from './run/start.ts';
import { submitTask } from './task/submit.ts';
import { instantiateTemplate } from './template/instantiate.ts';
import { listTemplates } from './template/list.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const echo = (key: string, more: JsonObject = {}): JsonObject => ({ key, type: 'echo', ...more });

function chain(keys: string[], more: JsonObject = {}): JsonObject {
  const dependencies = keys.slice(1).map((to, index) => ({ from: keys[index] ?? '', to }));
  return { stages: keys.map((key) => echo(key)), dependencies, ...more };
}

const refSchema = z.object({ $object: z.string() });

const PATIENCE = { timeout: 120_000, interval: 30 };

let names = 0;
const makePipeline = (document: JsonObject) =>
  createPipeline(...at(), { name: `pipeline ${++names}`, document, publish: true });

function untilOver(id: RunId): Promise<RunView> {
  return vi.waitFor(async () => {
    const run = await getRun(...at(), { id });
    expect(isRunOver(run.status)).toBe(true);
    return run;
  }, PATIENCE);
}

async function runToEnd(pipelineId: PipelineId, input: JsonObject = {}): Promise<RunView> {
  const { run } = await startRun(...at(), { pipelineId, input });
  return untilOver(run.id);
}

describe('pipelines', () => {
  test('a name is taken once', async () => {
    const { name } = await makePipeline(chain(['a']));
    await expect(
      createPipeline(...at(), { name: name.toUpperCase(), document: chain(['a']) }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('a draft is saved on the revision that was seen, and on no other', async () => {
    const { id } = await makePipeline(chain(['a']));
    const saved = await updateDraft(...at(), { id, revision: 1, document: chain(['a', 'b']) });
    expect(saved).toEqual({ revision: 2, problems: [] });
    await expect(updateDraft(...at(), { id, revision: 1, document: chain(['c']) })).rejects.toMatchObject({
      code: 'STALE_REVISION',
      details: { revision: 2 },
    });
  });

  test('publishing what has not changed makes no version; what has changed makes the next', async () => {
    const { id } = await makePipeline(chain(['a']));
    expect(await publishPipeline(...at(), { id })).toMatchObject({ isNew: false, version: { number: 1 } });
    await updateDraft(...at(), { id, revision: 1, document: chain(['a', 'b']) });
    expect(await publishPipeline(...at(), { id })).toMatchObject({ isNew: true, version: { number: 2 } });
  });

  test('a broken draft is kept with its problems and cannot be published', async () => {
    const { id } = await makePipeline(chain(['a', 'b']));
    const circle = {
      ...chain(['a', 'b']),
      dependencies: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    };
    const { problems } = await updateDraft(...at(), { id, revision: 1, document: circle });
    expect(problems.map(({ code }) => code)).toContain('cycle');
    await expect(publishPipeline(...at(), { id })).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('an exported text imports to the same text', async () => {
    const { id } = await makePipeline(chain(['a', 'b']));
    const { text } = await exportPipeline(...at(), { id });
    const copy = await importPipeline(...at(), { name: `copy of ${id}`, text });
    expect((await exportPipeline(...at(), { id: copy.id })).text).toBe(text);
  });

  test('a large graph is imported and judged without holding everybody else up, and past the limit it is refused', async () => {
    const keys = Array.from({ length: 1500 }, (_, at) => `stage_${at}`);
    const document = chain(keys);
    const text = JSON.stringify(document);
    let turns = 0;
    let isDone = false;
    const tick = (): void => {
      turns += 1;
      if (!isDone) setTimeout(tick, 1);
    };
    tick();
    const { newest } = await importPipeline(...at(), {
      name: `large ${randomUUID()}`,
      format: 'json',
      text,
      publish: true,
    });
    isDone = true;
    expect(newest?.number).toBe(1);
    expect(turns).toBeGreaterThan(5);
    const long = { name: 'too long', text: `# ${'x'.repeat(6 * 1024 * 1024)}` };
    await expect(importPipeline(...at(), long)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      advice: expect.stringContaining('JSON'),
    });
  });

  test('pages follow each other without a gap', async () => {
    await Promise.all([makePipeline(chain(['a'])), makePipeline(chain(['a']))]);
    const all = await listPipelines(...at(), { limit: 200 });
    const first = await listPipelines(...at(), { limit: 2 });
    const rest = await listPipelines(...at(), { limit: 200, cursor: first.nextCursor as PipelineId });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all.items.map(({ id }) => id));
  });

  test('the templates are there, and one makes a pipeline', async () => {
    const stages = Object.fromEntries(
      (await listTemplates(...at())).items.map(({ key, stages }) => [key, stages]),
    );
    expect(stages).toEqual({
      standard_query: 5,
      simple_lookup: 2,
      complex_research: 6,
      web_enhanced: 6,
      quick_answer: 3,
      shared_files: 2,
    });
    const { newest } = await instantiateTemplate(...at(), {
      key: 'simple_lookup',
      name: `made of a template ${++names}`,
    });
    expect(newest?.number).toBe(1);
  });
});

describe('runs', () => {
  test('the six stages run on their sample to a file that can be read', async () => {
    const [sample] = (await listPipelines(...at(), {})).items.filter(({ tags }) => tags.includes('sample'));
    const id = sample?.id as PipelineId;
    const pipeline = await getPipeline(...at(), { id });
    const graph = graphSchema.parse(pipeline.newest?.graph);
    const { examples } = z.object({ examples: z.array(jsonObjectSchema) }).parse(graph.inputSchema);
    const run = await runToEnd(id, examples[0]);
    expect(run.error).toBeNull();
    expect(run).toMatchObject({ status: 'succeeded', progress: 1 });
    const output = z.object({ artefact: refSchema }).parse(run.tasks.at(-1)?.output);
    const { content } = await (
      await readRunObject(...at(), { id: run.id, hash: output.artefact.$object })
    ).open();
    expect((await decodeText(content)).split('\n')[0]).toBe('site,day,readings,mean_temperature_c');
  });

  test('the same key and body is the same run; another body is a conflict', async () => {
    const { id } = await makePipeline(chain(['a']));
    const request = { pipelineId: id, input: { x: 1, y: 2 }, idempotencyKey: `key of ${id}` };
    const [one, two] = await Promise.all([startRun(...at(), request), startRun(...at(), request)]);
    const again = await startRun(...at(), { ...request, input: { y: 2, x: 1 } });
    expect(new Set([one.run.id, two.run.id, again.run.id]).size).toBe(1);
    expect([one.isNew, two.isNew, again.isNew].filter(Boolean)).toHaveLength(1);
    await expect(startRun(...at(), { ...request, input: { x: 3 } })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('an input that breaks its schema starts nothing', async () => {
    const { id } = await makePipeline(
      chain(['a'], {
        inputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
      }),
    );
    await expect(startRun(...at(), { pipelineId: id, input: { n: 'x' } })).rejects.toMatchObject({
      code: 'INVALID',
    });
    expect((await listRuns(...at(), { pipelineId: id })).items).toEqual([]);
  });

  test('what waits says why: no agent, and the stages before', async () => {
    const { id } = await instantiateTemplate(...at(), { key: 'quick_answer', name: `waits ${++names}` });
    const { run } = await startRun(...at(), { pipelineId: id, input: { query: 'why?' } });
    expect(run.tasks.map((task) => task.waiting?.code)).toEqual(['no-agent', 'dependency', 'dependency']);
    expect(run.tasks[0]?.waiting?.sentence).toContain('intent-analysis');
    expect(run.tasks[1]?.waiting?.blockers).toEqual(['intent']);
    const cancelled = await cancelRun(...at(), { id: run.id });
    expect(cancelled.status).toBe('cancelled');
    await expect(pauseRun(...at(), { id: run.id })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a paused run starts nothing until it is resumed', async () => {
    const slow: JsonObject = { key: 'slow', type: 'sleep', config: { ms: 2000 } };
    const { id } = await makePipeline({
      stages: [slow, echo('after')],
      dependencies: [{ from: 'slow', to: 'after' }],
    });
    const { run } = await startRun(...at(), { pipelineId: id });
    await pauseRun(...at(), { id: run.id });
    await vi.waitFor(async () => {
      const paused = await getRun(...at(), { id: run.id });
      expect(paused.tasks[1]).toMatchObject({ status: 'ready', waiting: { code: 'paused' } });
    }, PATIENCE);
    await resumeRun(...at(), { id: run.id });
    expect((await untilOver(run.id)).status).toBe('succeeded');
  });

  test('a replay reuses what came before its stage and is linked to its source', async () => {
    const { id } = await makePipeline(chain(['a', 'b', 'c']));
    const source = await runToEnd(id, { n: 1 });
    const { run } = await replayRun(...at(), { id: source.id, from: 'b', input: { n: 2 } });
    const replayed = await untilOver(run.id);
    expect(replayed).toMatchObject({
      status: 'succeeded',
      replayOf: source.id,
      replayFrom: 'b',
      input: { n: 2 },
    });
    expect(replayed.tasks.map(({ attempt }) => attempt)).toEqual([0, 1, 1]);
    const { events } = await listRunEvents(...at(), { id: run.id });
    expect(events.map(({ event }) => event.type)).toContain('task.reused');
  });

  test('events are dense and can be read on from any number', async () => {
    const { id } = await makePipeline(chain(['a', 'b']));
    const run = await runToEnd(id);
    const all = await listRunEvents(...at(), { id: run.id });
    expect(all.events.map(({ seq }) => seq)).toEqual(all.events.map((_, index) => index + 1));
    const rest = await listRunEvents(...at(), { id: run.id, after: 3 });
    expect(rest.events).toEqual(all.events.slice(3));
  });

  test('a large input goes to the object store and reaches the agent whole', async () => {
    const { id } = await makePipeline(chain(['a']));
    const text = 'x'.repeat(100_000);
    const run = await runToEnd(id, { text });
    expect(run.input).toMatchObject({ contentType: 'application/json' });
    const { $object: hash } = refSchema.parse(run.tasks[0]?.output);
    const { content } = await (await readRunObject(...at(), { id: run.id, hash })).open();
    expect(JSON.parse(await decodeText(content))).toEqual({ text });
  });

  test('a start is refused while the engine is behind', async () => {
    const { id } = await makePipeline(chain(['a']));
    const behind = { ...program.services, limits: { ...program.services.limits, maxBacklog: -1 } };
    await expect(startRun(behind, program.actor, { pipelineId: id })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfterSeconds: 2 },
    });
  });
});

describe('stand-alone tasks', () => {
  test('a task is a run of one stage, and equal ones share a version', async () => {
    const one = await submitTask(...at(), { type: 'echo', payload: { n: 1 } });
    const two = await submitTask(...at(), { type: 'echo', payload: { n: 2 } });
    expect(one.task.run.versionId).toBe(two.task.run.versionId);
    expect((await untilOver(one.task.run.id)).tasks[0]?.output).toEqual({ n: 1 });
  });
});

describe('tenants', () => {
  test('another tenant sees no run, pipeline or agent, and cannot steer', async () => {
    const { id } = await makePipeline(chain(['a']));
    const run = await runToEnd(id);
    const stranger = { ...program.actor, orgId: 'org_00000000000070008000000000000002' as OrgId };
    await expect(getRun(program.services, stranger, { id: run.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(cancelRun(program.services, stranger, { id: run.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await listPipelines(program.services, stranger, {})).items).toEqual([]);
    expect((await listAgents(program.services, stranger)).items).toEqual([]);
  });

  test('the doors cannot write what only the engine may', async () => {
    const write = inTenant(program.services.db, program.actor.orgId, (tx) =>
      tx.update(runs).set({ trigger: 'forged' }),
    );
    await expect(write).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});
