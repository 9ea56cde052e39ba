import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findPython, PYTHON_SDK } from '../../../scripts/lib/python.mjs';
import { createClient, SignalboxError, startAgent } from '../../../sdk/typescript/index.mjs';
import { createKillRig, type KillRig } from './kill-rig.ts';

const FILES_MJS = `
  import { runAgent } from '${join(import.meta.dirname, '../../../sdk/typescript/index.mjs')}';
  const file = async ({ config, input, upload, object }) =>
    config.writes
      ? upload('a,b\\n1,2\\n', { name: 'a.csv', contentType: 'text/csv' })
      : new TextDecoder().decode(await object(input));
  await runAgent({ name: 'files', handlers: { file } });
`;

const FILES_PY = `
from signalbox import Agent

agent = Agent("files")


@agent.handles("file")
def file(task):
    if task.config.get("writes"):
        return task.upload(b"a,b\\n1,2\\n", name="a.csv", content_type="text/csv")
    return task.object(task.input).decode()


agent.run()
`;

const python = findPython();
const FILE_AGENTS = [
  { language: 'TypeScript', command: process.execPath, args: ['--input-type=module', '-e', FILES_MJS] },
  ...(python ? [{ language: 'Python', command: python, args: ['-c', FILES_PY] }] : []),
];

let rig: KillRig;
beforeAll(async () => {
  rig = await createKillRig();
  await rig.startServer();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** A name of its own for each try: what an earlier one has left is none of the next one's business. */
const anew = (name: string) => `${name} ${randomUUID()}`;

const work = (name: string, config = {}) => ({ name, type: 'work', config });

async function withAgent<Result>(body: (name: string) => Promise<Result>): Promise<Result> {
  const name = anew('worker');
  const agent = await startAgent({
    url: rig.env.SIGNALBOX_URL,
    token: rig.env.SIGNALBOX_TOKEN,
    name,
    maxConcurrency: 4,
    beatMs: 200,
    handlers: {
      work: async ({ input, config, signal, log, stage }) => {
        log('info', `works on ${stage}`);
        if (config.wait)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return { stage, got: input };
      },
    },
    onTrouble: () => undefined,
  });
  try {
    return await body(name);
  } finally {
    await agent.drain({ withinMs: 0 });
  }
}

describe('the client before a real server', () => {
  test('makes, judges, exports, changes and publishes a pipeline', async () => {
    const { pipelines } = rig.client;
    const [name, copied] = [anew('made'), anew('copy')];
    const made = await pipelines.create({ name, stages: [work('one')] });
    expect(made.version?.number).toBe(1);
    const text = await pipelines.export(made.id);
    expect(await pipelines.validate({ text })).toEqual({ valid: true, problems: [], faults: [] });
    expect(await pipelines.validate({ text: 'stages: [' })).toMatchObject({
      valid: false,
      faults: [{ line: 1, message: expect.any(String) }],
    });
    const twice = { stages: ['one', 'one'].map((key) => ({ key, type: 'work' })) };
    expect(await pipelines.validate({ document: twice })).toMatchObject({
      valid: false,
      problems: [{ severity: 'error', advice: expect.any(String) }],
    });
    const { revision = 0, document = {} } = (await pipelines.get(made.id)).draft ?? {};
    const changed = { ...document, stages: [{ key: 'one', type: 'work', config: { n: 2 } }] };
    expect(await pipelines.validate({ document: changed })).toMatchObject({ valid: true });
    expect(await pipelines.updateDraft(made.id, { revision, document: changed })).toMatchObject({
      problems: [],
    });
    expect(await pipelines.publish(made.id, { note: 'more' })).toMatchObject({
      is_new: true,
      version: { number: 2 },
    });
    expect((await pipelines.versions(made.id)).map(({ number }) => number)).toEqual([2, 1]);
    const copy = await pipelines.import({ name: copied, text, publish: true });
    const names: string[] = [];
    for await (const { name } of pipelines.all({ limit: 1 })) names.push(name);
    expect(names).toEqual(expect.arrayContaining([name, copied]));
    expect(copy.id).not.toBe(made.id);
  });

  test('runs it, follows it live, replays it from a stage, and finds both in the list', async () => {
    const { pipelines, runs } = rig.client;
    const { id } = await pipelines.create({
      name: anew('followed'),
      stages: [work('one'), work('two')],
      dependencies: [{ from: 0, to: 1 }],
    });
    await withAgent(async () => {
      const options = { idempotencyKey: `key of ${id}` };
      const run = await runs.start(id, { input_data: { n: 1 } }, options);
      expect((await runs.start(id, { input_data: { n: 1 } }, options)).id).toBe(run.id);
      const types: string[] = [];
      for await (const { type, seq } of runs.follow(run.id)) {
        types.push(type);
        expect(seq).toBe(types.length);
      }
      expect([types[0], types.at(-1)]).toEqual(['run.started', 'run.succeeded']);
      const replay = await runs.replay(run.id, { from: 'two' });
      const again = await runs.wait(replay.id);
      expect(again).toMatchObject({ status: 'succeeded', replay_of: run.id, replay_from: 'two' });
      const { runs: listed } = await runs.list({ pipeline_id: id, status: ['succeeded'] });
      expect(listed.map((item) => item.id)).toEqual([replay.id, run.id]);
      expect((await runs.events(run.id, { limit: 1 })).last_seq).toBe(types.length);
      await expect(runs.resume(run.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });

  test('pauses, resumes and cancels', async () => {
    const { pipelines, runs } = rig.client;
    const { id } = await pipelines.create({ name: anew('steered'), stages: [work('one', { wait: true })] });
    await withAgent(async () => {
      const run = await runs.start(id);
      expect((await runs.pause(run.id)).status).toBe('paused');
      expect((await runs.resume(run.id)).status).toBe('running');
      await runs.cancel(run.id, { grace_seconds: 20 });
      expect(await runs.wait(run.id)).toMatchObject({ status: 'cancelled' });
    });
  });

  test('submits a task and waits for it, reads its log, and sees who is there', async () => {
    const { tasks, agents, queues } = rig.client;
    const submitted = await tasks.submit({ type: 'work', payload: { n: 7 } });
    expect(submitted).toMatchObject({ status: 'pending', waiting: { sentence: expect.any(String) } });
    await withAgent(async (agentName) => {
      const done = await tasks.wait(submitted.task_id);
      expect(done).toMatchObject({ status: 'completed', output: { got: { n: 7 } } });
      expect(await tasks.run({ type: 'work' })).toMatchObject({ status: 'completed' });
      // Stored a moment after the end.
      await vi.waitFor(
        async () =>
          expect((await tasks.logs(done.task_id)).map(({ message }) => message)).toEqual(['works on task']),
        { timeout: 60_000 },
      );
      const [agent] = (await agents.list()).filter(({ name }) => name === agentName);
      expect(await agents.get(agent?.id ?? '')).toMatchObject({ capabilities: ['work'] });
      expect(await agents.order(agent?.id ?? '', { order: 'pause', reason: 'night' })).toMatchObject({
        reason: 'night',
      });
      await agents.order(agent?.id ?? '', { order: 'resume', reason: 'day' });
      expect(await queues.list()).toEqual(expect.any(Array));
      expect(await queues.deadLetters()).toEqual([]);
    });
  });

  test('gives an agent what is too large to travel as it was sent, and fetches what comes of it', async () => {
    await withAgent(async () => {
      const text = 'much '.repeat(100_000);
      const done = await rig.client.tasks.run({ type: 'work', payload: { deep: [{ text }] } });
      expect(done).toMatchObject({ status: 'completed', output: { $object: expect.any(String) } });
      const content = await rig.client.runs.object(done.run_id, done.output);
      expect(JSON.parse(Buffer.from(content).toString('utf8'))).toEqual({
        stage: 'task',
        got: { deep: [{ text }] },
      });
    });
  });

  test.each(FILE_AGENTS)(
    'lets agents of the $language SDK pass files on',
    async ({ language, command, args }) => {
      const { pipelines, runs } = rig.client;
      const { id } = await pipelines.create({
        name: anew(`files in ${language}`),
        stages: [
          { name: 'write', type: 'file', config: { writes: true } },
          { name: 'read', type: 'file' },
        ],
        dependencies: [{ from: 0, to: 1 }],
      });
      const agent = rig.start({ command, args, env: { PYTHONPATH: PYTHON_SDK } });
      const run = await runs.wait((await runs.start(id)).id);
      expect(run.stages.map(({ output }) => output)).toMatchObject([
        { $object: expect.any(String), name: 'a.csv', contentType: 'text/csv' },
        'a,b\n1,2\n',
      ]);
      expect(Buffer.from(await runs.object(run.id, run.stages[0]?.output)).toString()).toBe('a,b\n1,2\n');
      agent.kill('SIGTERM');
      expect(await agent.exited).toBe(0);
    },
  );

  test('is told in words what is wrong', async () => {
    const nobody = createClient({ url: rig.env.SIGNALBOX_URL ?? '', token: 'wrong' });
    await expect(nobody.agents.list()).rejects.toBeInstanceOf(SignalboxError);
    await expect(nobody.agents.list()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    await expect(rig.client.runs.get(`run_${'0'.repeat(32)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await rig.client.request('GET', '/templates')).toMatchObject({ templates: expect.any(Array) });
  });
});
