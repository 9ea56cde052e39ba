import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Agent,
  type Run,
  type SharedFile,
  startAgent,
  type Task,
  TaskFailure,
  type Workspace,
} from '../../../sdk/typescript/index.mjs';
import { createKillRig, type KillRig } from './kill-rig.ts';

/**
 * A drafter, an editor and a judge as agents of the SDK, before a real server. The editor tells what it found when it
 * began, so what a replay gives it is seen by whom it is for.
 */
let rig: KillRig;
let agents: Agent[];
beforeAll(async () => {
  rig = await createKillRig();
  await rig.startServer();
  const connection = { url: rig.env.SIGNALBOX_URL, token: rig.env.SIGNALBOX_TOKEN, beatMs: 200 };
  const start = (name: string, handler: (task: Task) => unknown) =>
    startAgent({ ...connection, name, handlers: { [name]: handler } });
  agents = await Promise.all([start('draft', draft), start('edit', edit), start('judge', judge)]);
});
afterAll(async () => {
  for (const agent of agents ?? []) await agent.stop();
  await rig[Symbol.asyncDispose]();
});

/** Larger than what Postgres keeps itself: it stands in the object store. */
const LARGE = 'a line of a large file\n'.repeat(5000);

async function draft({ workspace }: Task) {
  await workspace.write({ path: 'report.md', content: 'title\nfirst words\n' });
  await workspace.edit({ path: 'report.md', edits: [{ old: 'first words', new: 'better words' }] });
  await workspace.write({ path: 'notes/kept.md', content: 'kept' });
  await workspace.write({ path: 'notes/dropped.md', content: 'dropped' });
  await workspace.write({ path: 'data/large.txt', content: LARGE });
  await workspace.write({ path: 'thrown-away.md', content: 'a slip' });
  await workspace.delete({ path: 'thrown-away.md', base_version: 1 });
  return null;
}

async function edit({ workspace }: Task) {
  const found = await everything(workspace);
  await workspace.edit({
    path: 'report.md',
    edits: [{ old: 'better words', new: 'the words of the editor' }],
  });
  const { version: base_version } = await workspace.read('notes/dropped.md');
  await workspace.delete({ path: 'notes/dropped.md', base_version });
  const large = await workspace.read('data/large.txt');
  await workspace.write({ path: 'data/large.txt', content: 'short', base_version: large.version });
  await workspace.write({ path: 'by-the-editor.md', content: 'new' });
  return found;
}

/** Seldom strict: an agent that often fails is given nothing for a while. */
async function judge({ workspace, input }: Task) {
  await workspace.write({ path: 'verdict.md', content: 'no' });
  if (input === 'strictly') throw new TaskFailure('This is not good enough.');
  return null;
}

/** By name: the version, and what is in it by its hash. */
type Files = Record<string, readonly [version: number, sha256: string]>;

const sha256Of = (content: string) => createHash('sha256').update(content).digest('hex');

async function everything(workspace: Workspace): Promise<Files> {
  const { files } = await workspace.list();
  const read = files.map(async ({ path }) => {
    const { version, content } = await workspace.read(path);
    return [path, [version, sha256Of(content)]] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

const DRAFTED = {
  'data/large.txt': LARGE,
  'notes/dropped.md': 'dropped',
  'notes/kept.md': 'kept',
  'report.md': 'title\nbetter words\n',
};
/** In a replay each file begins anew, however often it was changed before. */
const asFirstVersions = (contents: Record<string, string>): Files =>
  Object.fromEntries(Object.entries(contents).map(([path, content]) => [path, [1, sha256Of(content)]]));

interface Graph {
  stages: { key: string; type: string; input: string; retry: { maxAttempts: number } }[];
  dependencies: { from: string; to: string }[];
}

/** One after the other; `key` or `key:type`. */
function inARow(...names: string[]): Graph {
  const stages = names.map((name) => {
    const [key = '', type = key] = name.split(':');
    return { key, type, input: 'input', retry: { maxAttempts: 1 } };
  });
  const dependencies = stages.slice(1).map(({ key }, at) => ({ from: stages[at]?.key ?? '', to: key }));
  return { stages, dependencies };
}

const END = { strictly: 'failed', mildly: 'completed' };
const statusesOf = ({ stages }: Run) => stages.map(({ status }) => status);

/** A run that has come to its end. */
async function judged(how: 'strictly' | 'mildly') {
  const { pipelines, runs } = rig.client;
  const text = JSON.stringify(inARow('draft', 'edit', 'judge'));
  const { id } = await pipelines.import({
    name: `drafted ${randomUUID()}`,
    text,
    format: 'json',
    publish: true,
  });
  const run = await runs.wait((await runs.start(id, { input_data: how })).id);
  expect(statusesOf(run)).toEqual(['completed', 'completed', END[how]]);
  return { pipeline: id, run: run.id };
}

/** All that there is to know of a run's files. */
async function filesOf(run: string) {
  const workspace = rig.client.workspace(run);
  return { files: await everything(workspace), ...(await workspace.history({ limit: 100 })) };
}

describe('a replay whose stages are done by agents of the SDK', () => {
  test('begins with the files that the stages before it left, and changes nothing in those of the run before', async () => {
    const { runs } = rig.client;
    const { run } = await judged('strictly');
    const before = await filesOf(run);
    expect(before.changes.filter(({ stage }) => stage === 'edit')).toHaveLength(4);
    expect(before.files['verdict.md']).toEqual([1, sha256Of('no')]);
    // The file as it was drafted was its second version then.
    expect(before.files['report.md']?.[0]).toBe(3);

    const again = await runs.wait((await runs.replay(run, { from: 'edit' })).id);
    expect(statusesOf(again)).toEqual(['completed', 'completed', 'failed']);
    expect(again.stages[1]?.output).toEqual(asFirstVersions(DRAFTED));
    const { changes } = await rig.client.workspace(again.id).history({ path: 'report.md' });
    expect(changes).toMatchObject([
      { version: 2, kind: 'edit', stage: 'edit' },
      { version: 1, kind: 'carried', stage: 'draft' },
    ]);
    expect(await filesOf(run)).toEqual(before);
  });

  test.each([
    ['has a stage more', ['draft', 'look:edit', 'edit', 'judge'], 'look', DRAFTED],
    ['calls a stage otherwise', ['draft', 'rework:edit', 'judge'], 'judge', DRAFTED],
    ['has a stage less', ['draft', 'judge'], 'judge', DRAFTED],
    ['calls the first stage otherwise', ['outline:draft', 'edit', 'judge'], 'edit', {}],
  ])('on a newest version that %s begins with what was shown beforehand', async (_, stages, from, files) => {
    const { pipelines, runs, request, workspace } = rig.client;
    const { pipeline, run } = await judged('mildly');
    const before = await filesOf(run);
    const { revision = 0 } = (await pipelines.get(pipeline)).draft ?? {};
    await pipelines.updateDraft(pipeline, { revision, document: inARow(...stages) });
    await pipelines.publish(pipeline);

    const query = { before_stage: from, replay_version: 'newest' };
    const shown: { files: SharedFile[] } = await request('GET', `/runs/${run}/workspace/files`, { query });
    const namesAndSizes = (list: readonly { path: string; bytes: number }[]) =>
      Object.fromEntries(list.map(({ path, bytes }) => [path, bytes]));
    const sizes = Object.entries(files).map(([path, content]) => [path, content.length]);
    expect(namesAndSizes(shown.files)).toEqual(Object.fromEntries(sizes));

    const again = await runs.wait((await runs.replay(run, { from, version: 'newest' })).id);
    const { changes } = await workspace(again.id).history({ limit: 100 });
    expect(namesAndSizes(changes.filter(({ kind }) => kind === 'carried'))).toEqual(
      namesAndSizes(shown.files),
    );
    expect(await filesOf(run)).toEqual(before);
  });

  test('shows no files before a stage that its version has not', async () => {
    const { run } = await judged('mildly');
    const ask = (query: object) =>
      rig.client.request('GET', `/runs/${run}/workspace/files`, { query: { ...query } });
    await expect(ask({ before_stage: 'rework', replay_version: 'newest' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(ask({ replay_version: 'newest' })).rejects.toMatchObject({ code: 'INVALID' });
  });
});
