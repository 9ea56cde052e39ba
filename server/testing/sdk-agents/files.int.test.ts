import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPython, PYTHON_SDK } from '../../../scripts/lib/python.mjs';
import { SignalboxError, type Workspace } from '../../../sdk/typescript/index.mjs';
import { createKillRig, type KillRig } from './kill-rig.ts';

/** The workspace of both SDKs before a real server: the same steps, and the same answers to them. */
let rig: KillRig;
beforeAll(async () => {
  rig = await createKillRig();
  await rig.startServer();
});
afterAll(() => rig[Symbol.asyncDispose]());

interface Call {
  task_id: string;
  as: string;
  method: keyof Workspace;
  /** By name, as both languages call it. */
  given: Record<string, unknown>;
}
// biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
type Said = { answer: any } | { error: { code: string; status: number; details: any } };

interface Player extends AsyncDisposable {
  play(call: Call): Promise<Said>;
}

/** What TypeScript takes by its place and not by its name; what is left goes into an object behind it. */
const PLACES: Partial<Record<keyof Workspace, readonly string[]>> = {
  ...{ read: ['path', 'version'], claim: ['paths', 'seconds'], join: ['about'], send: ['body', 'to'] },
  ...{ renew: ['lease', 'seconds'], release: ['lease'], log: ['message'] },
};

async function inTypeScript(): Promise<Player> {
  return {
    async play({ task_id, as, method, given }) {
      const files = rig.client.workspace(task_id, { as });
      const places = PLACES[method] ?? [];
      const rest = Object.entries(given).filter(([name]) => !places.includes(name));
      const args = [
        ...places.map((name) => given[name]),
        ...(rest.length > 0 ? [Object.fromEntries(rest)] : []),
      ];
      try {
        return { answer: await (files[method] as (...args: unknown[]) => Promise<unknown>)(...args) };
      } catch (error) {
        if (!(error instanceof SignalboxError)) throw error;
        return { error: { code: error.code, status: error.status ?? 0, details: error.details } };
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const python = findPython();

async function inPython(): Promise<Player> {
  const child = spawn(python ?? '', [join(import.meta.dirname, 'files.py')], {
    env: { ...process.env, ...rig.env, PYTHONPATH: PYTHON_SDK },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async play(call) {
      child.stdin.write(`${JSON.stringify(call)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The program in Python has ended.');
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

const LANGUAGES = [
  { language: 'TypeScript', open: inTypeScript },
  ...(python ? [{ language: 'Python', open: inPython }] : []),
];

/** Two who work on a task that nobody else does. */
async function openTask(player: Player) {
  const { task_id, run_id } = await rig.client.tasks.submit({ type: 'nobody', payload: {} });
  const actor = (as: string) => {
    const play = (method: keyof Workspace, given = {}) => player.play({ task_id, as, method, given });
    return {
      async does(method: keyof Workspace, given = {}) {
        const said = await play(method, given);
        if ('error' in said) throw new Error(`${as} ${method}: ${JSON.stringify(said.error)}`);
        return said.answer;
      },
      async isRefused(method: keyof Workspace, given = {}) {
        const said = await play(method, given);
        if ('answer' in said) throw new Error(`${as} ${method}: ${JSON.stringify(said.answer)}`);
        return said.error;
      },
    };
  };
  return { run_id, writer: actor('writer'), reviewer: actor('reviewer') };
}

describe.each(LANGUAGES)('the workspace of the SDK for $language', ({ open }) => {
  test('writes, reads, edits, lists, deletes, and tells what became of each file', async () => {
    await using player = await open();
    const { writer, reviewer } = await openTask(player);
    const path = 'docs/plan.md';
    expect(await writer.does('write', { path, content: 'one\ntwo\n', note: 'a draft' })).toMatchObject({
      ...{ path, version: 1, bytes: 8 },
    });
    expect(await writer.does('write', { path, content: 'one\n2\n', base_version: 1 })).toMatchObject({
      version: 2,
    });
    expect(await reviewer.does('read', { path })).toMatchObject({
      ...{ version: 2, content: 'one\n2\n', encoding: 'text', changed_by: 'writer', held_by: null },
    });
    expect(await reviewer.does('read', { path, version: 1 })).toMatchObject({ content: 'one\ntwo\n' });
    expect(await reviewer.does('edit', { path, edits: [{ old: 'one', new: '1' }] })).toMatchObject({
      ...{ version: 3, diff: '@@ -1,2 +1,2 @@\n-one\n+1\n 2\n' },
    });
    await writer.does('write', { path: 'image', content: '//4A', encoding: 'base64' });
    expect(await reviewer.does('read', { path: 'image' })).toMatchObject({ content: '//4A', is_text: false });
    await reviewer.does('delete', { path: 'image', base_version: 1 });
    const listed = await reviewer.does('list', { glob: '**' });
    expect(listed).toMatchObject({ files: [{ path, version: 3 }], next_cursor: null });
    const { changes } = await writer.does('history', { path });
    expect(changes).toMatchObject([
      { version: 3, kind: 'edit', changed_by: 'reviewer' },
      { version: 2, kind: 'write', changed_by: 'writer', note: null },
      { version: 1, kind: 'write', changed_by: 'writer', note: 'a draft' },
    ]);
    expect((await writer.does('history', { limit: 2 })).changes).toMatchObject([
      { path: 'image', kind: 'delete' },
      { path: 'image', kind: 'write' },
    ]);
  });

  test('whoever changes an older version is told by whom there is a newer one, since when, and what is new', async () => {
    await using player = await open();
    const { writer, reviewer } = await openTask(player);
    await writer.does('write', { path: 'a', content: 'one\n' });
    const { changed_at } = await reviewer.does('edit', { path: 'a', edits: [{ old: 'one', new: 'two' }] });
    for (const [method, change] of [
      ['write', { content: 'three\n' }],
      ['edit', { edits: [{ old: 'one', new: 'three' }] }],
      ['delete', {}],
    ] as const) {
      expect(await writer.isRefused(method, { path: 'a', base_version: 1, ...change })).toMatchObject({
        ...{ code: 'CONFLICT', status: 409 },
        details: {
          conflict: {
            ...{ kind: 'outdated', version: 2, changed_by: 'reviewer', changed_at },
            diff: '@@ -1,1 +1,1 @@\n-one\n+two\n',
          },
        },
      });
    }
    expect((await writer.does('read', { path: 'a' })).content).toBe('two\n');
  });

  test('claims, renews and releases, and writes nothing under a claim that is over', async () => {
    await using player = await open();
    const { writer, reviewer } = await openTask(player);
    const lease = await writer.does('claim', { paths: ['a', 'docs/**'], seconds: 60 });
    expect(lease).toMatchObject({ name: 'writer', patterns: ['a', 'docs/**'], fencing_token: 1 });
    const { lease_id, fencing_token, since, until } = lease;
    const proof = { lease_id, fencing_token };
    await writer.does('write', { path: 'a', content: 'mine', ...proof });
    const change = { path: 'a', content: 'yours', base_version: 1 };
    for (const refusal of [
      await reviewer.isRefused('write', change),
      await reviewer.isRefused('claim', { paths: 'a' }),
    ])
      expect(refusal).toMatchObject({
        code: 'CONFLICT',
        details: { conflict: { kind: 'locked', held_by: { name: 'writer', since, until } } },
      });
    expect((await reviewer.does('list')).files).toMatchObject([{ path: 'a', held_by: { name: 'writer' } }]);
    const renewed = await writer.does('renew', { lease, seconds: 3600 });
    expect(renewed).toMatchObject(proof);
    expect(Date.parse(renewed.until)).toBeGreaterThan(Date.parse(until));
    expect(await writer.does('release', { lease })).toEqual({ released: true });
    expect(await writer.does('release', { lease })).toEqual({ released: false });
    expect(await writer.isRefused('write', { ...change, ...proof })).toMatchObject({
      details: { conflict: { kind: 'lease-lost' } },
    });
    // One name alone is a claim too, and what comes later has a higher number.
    expect((await reviewer.does('claim', { paths: 'a' })).fencing_token).toBeGreaterThan(fencing_token);
    expect((await writer.does('history')).changes).toMatchObject([{ version: 1, fencing_token }]);
  });

  test('joins, talks, logs steps, and leaves with all that it held', async () => {
    await using player = await open();
    const { run_id, writer, reviewer } = await openTask(player);
    await writer.does('join', { about: 'writes' });
    const { me, collaborators } = await reviewer.does('join');
    expect(collaborators).toMatchObject([
      { name: 'writer', about: 'writes', is_here: true },
      { name: 'reviewer', about: null },
    ]);
    await writer.does('send', { body: 'to all' });
    await writer.does('send', { body: 'to you', to: 'reviewer' });
    const inbox = await reviewer.does('inbox');
    expect(inbox).toMatchObject([
      { body: 'to all', from: { name: 'writer' }, to: null },
      { body: 'to you', from: { name: 'writer' }, to: { id: me, name: 'reviewer' } },
    ]);
    expect(await reviewer.does('inbox', { limit: 1 })).toEqual(inbox.slice(0, 1));
    expect(await reviewer.does('inbox', { seen: inbox[0].seq })).toEqual(inbox.slice(1));
    const { seq } = await writer.does('log', { message: 'Half of it', level: 'warn', fields: { n: 2 } });
    expect(await rig.client.request('GET', `/runs/${run_id}/workspace/steps`)).toMatchObject({
      steps: [{ seq, name: 'writer', message: 'Half of it', level: 'warn', fields: { n: 2 } }],
    });
    await writer.does('claim', { paths: ['a'] });
    expect(await writer.does('leave')).toEqual({ released: 1 });
    await reviewer.does('claim', { paths: ['a'] });
  });
});
