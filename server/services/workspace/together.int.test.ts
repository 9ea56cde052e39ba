import { randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { SHEDDINGS, shed } from '#db/queries/expire.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { endRun, startGraph, workspaceSuite } from '#server/testing/workspace/rig.ts';
import { getRun } from '../run/get.ts';
import { replayRun } from '../run/replay.ts';
import { followActivity, getWorkspace, listFiles, listHistory, listSteps } from './browse.ts';
import { deleteFile, readFile, writeFile } from './files.ts';
import { joinWorkspace, leaveWorkspace, logStep, readInbox, sendMessage } from './talk.ts';

const { at, program, of, put, claim } = workspaceSuite({ SIGNALBOX_WORKSPACE_MAX_BYTES: '1MiB' });
const PATIENCE = { timeout: 60_000, interval: 20 };

describe('those who work together', () => {
  test('see each other, and talk', async () => {
    await joinWorkspace(...at(), { of: of(), as: 'ada', about: 'writes' });
    const { me, collaborators } = await joinWorkspace(...at(), { of: of(), as: 'grace', about: 'reviews' });
    expect(collaborators.map(({ name, about, isHere }) => [name, about, isHere])).toEqual([
      ['ada', 'writes', true],
      ['grace', 'reviews', true],
    ]);
    await sendMessage(...at(), { of: of(), as: 'ada', to: 'grace', body: 'please look' });
    await sendMessage(...at(), { of: of(), as: 'ada', body: 'to all' });
    await sendMessage(...at(), { of: of(), as: 'grace', to: 'ada', body: 'done' });
    const inbox = await readInbox(...at(), { of: of(), as: 'grace' });
    expect(inbox.map(({ body, fromName, to }) => [body, fromName, to])).toEqual([
      ['please look', 'ada', me],
      ['to all', 'ada', null],
    ]);
    // Until it says that it has seen them: an answer may be lost.
    expect(await readInbox(...at(), { of: of(), as: 'grace' })).toEqual(inbox);
    expect(await readInbox(...at(), { of: of(), as: 'grace', seen: inbox[0]?.seq as number })).toMatchObject([
      { body: 'to all' },
    ]);
    await expect(
      sendMessage(...at(), { of: of(), as: 'ada', to: 'nobody', body: 'x' }),
    ).rejects.toMatchObject({
      code: 'INVALID',
      details: { collaborators: expect.arrayContaining([expect.objectContaining({ name: 'grace' })]) },
    });
  });

  test('reach whoever has joined, however many there are', async () => {
    await joinWorkspace(...at(), { of: of(), as: 'first' });
    await program().database.sql`INSERT INTO workspace_collaborators
        (run_id, holder, org_id, name, joined_at, seen_at, read_seq)
      SELECT c.run_id, 'crowd ' || n, c.org_id, 'crowd ' || n, c.joined_at - make_interval(secs => 700 - n), c.seen_at, 0
      FROM workspace_collaborators c, generate_series(1, 600) n
      WHERE c.run_id = ${toUuid(of())}::text::uuid AND c.name = 'first'`;
    for (const to of ['first', 'crowd 1', 'crowd 600'])
      await sendMessage(...at(), { of: of(), as: 'crier', to, body: `for ${to}` });
    expect(await readInbox(...at(), { of: of(), as: 'first' })).toMatchObject([{ body: 'for first' }]);
    // Those that came last are listed, in their order.
    const { collaborators, more } = await joinWorkspace(...at(), { of: of(), as: 'latest' });
    expect([collaborators.length, more]).toEqual([500, 103]);
    const view = await getWorkspace(...at(), { of: of() });
    expect([view.collaborators.length, view.moreCollaborators]).toEqual([500, 103]);
    await expect(
      sendMessage(...at(), { of: of(), as: 'crier', to: 'no one', body: 'x' }),
    ).rejects.toMatchObject({
      details: { more_collaborators: 103 },
    });
    const shown = collaborators.map(({ name }) => name);
    expect(shown).toContain('latest');
    expect(shown.indexOf('crowd 599')).toBe(shown.indexOf('crowd 600') - 1);
  });

  test('follow all that has one number, though it is more than was asked for at once', async () => {
    for (const path of ['a', 'b', 'c', 'd', 'e']) await put(path, 'x');
    await put('f', 'x');
    // As those are that a replay carries over.
    await program().database.sql`UPDATE workspace_versions SET seq = 1
      WHERE run_id = ${toUuid(of())}::text::uuid AND path < 'f'`;
    const seen: string[] = [];
    for (let after = 0; ; ) {
      const page = await followActivity(...at(), { input: { of: of(), after, limit: 2 } });
      if (page.length === 0) break;
      seen.push(...page.map((each) => (each.type === 'change' ? each.entry.path : each.type)));
      after = page.at(-1)?.seq ?? 0;
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('log what they do, and whoever follows is told at once', async () => {
    await logStep(...at(), { of: of(), as: 'ada', message: 'began', fields: { n: 1 } });
    const [first] = await listSteps(...at(), { of: of() });
    expect(first).toMatchObject({ message: 'began', name: 'ada', level: 'info', fields: { n: 1 } });
    const after = first?.seq as number;
    const told = followActivity(...at(), { input: { of: of(), after, waitMs: 25_000 } });
    await claim('ada', ['a']);
    expect(await told).toMatchObject([{ type: 'claim', entry: { name: 'ada', ended: null } }]);
    await put('a', 'x');
    await leaveWorkspace(...at(), { of: of(), as: 'ada' });
    const all = await followActivity(...at(), { input: { of: of() } });
    expect(all.map(({ type }) => type)).toEqual(['step', 'claim', 'change', 'claim']);
    expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => a - b));
  });

  test('what is said takes room too', async () => {
    const fill = async () => {
      for (let n = 0; n < 80; n += 1) await sendMessage(...at(), { of: of(), body: 'x'.repeat(16_000) });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a replay', () => {
  const untilOver = (id: RunId) =>
    vi.waitFor(async () => expect(isRunOver((await getRun(...at(), { id })).status)).toBe(true), PATIENCE);
  const write = (run: RunId, path: string, content: string) => writeFile(...at(), { of: run, path, content });

  test('begins with the files as they stood before the stage that it begins with', async () => {
    const stages = ['first', 'second', 'third'].map((key) => ({ key, type: 'echo' }));
    const dependencies = [
      { from: 'first', to: 'second' },
      { from: 'second', to: 'third' },
    ];
    const source = await startGraph(...at(), {
      stages: [...stages, { key: 'hold', type: 'sleep', config: { ms: 3_600_000 } }],
      dependencies,
    });
    await vi.waitFor(async () => {
      const { tasks } = await getRun(...at(), { id: source });
      expect(tasks.filter(({ status }) => status === 'succeeded')).toHaveLength(3);
    }, PATIENCE);
    const { workspaces } = program().services;
    const place = { runId: source, orgId: program().actor.orgId };
    const large = randomBytes(40_000).toString('hex');
    // As the stages' own agents do, whose hand-outs have long ended: the history is told, not lived.
    for (const [path, content] of [
      ['by-first', large],
      ['shared', 'by first'],
      ['by-second', '2'],
      ['gone', 'g'],
    ] as const)
      await write(source, path, content);
    await workspaces.files.edit(
      place,
      { holder: 'x', name: 'x', hand: null },
      { path: 'shared', edits: [{ old: 'first', new: 'second' }] },
    );
    await deleteFile(...at(), { of: source, path: 'gone', baseVersion: 1 });
    await write(source, 'by-people', 'late');
    const stage = (path: string, version: number, key: string) => program().database.sql`
      UPDATE workspace_versions SET stage_key = ${key} WHERE run_id = ${toUuid(source)}::text::uuid
        AND path = ${path} AND version = ${version}::int`;
    await stage('by-first', 1, 'first');
    await stage('shared', 1, 'first');
    await stage('shared', 2, 'second');
    await stage('by-second', 1, 'second');
    await stage('gone', 1, 'first');
    await stage('gone', 2, 'first');
    await endRun(...at(), source);
    await untilOver(source);
    /** What can be looked at beforehand: each file with its version then. */
    const filesBefore = async (beforeStage: string) => {
      const { items } = await listFiles(...at(), { of: source, beforeStage });
      const texts = items.map(async ({ path, version }) => {
        const { content } = await readFile(...at(), { of: source, path, version });
        return [path, 'text' in content ? content.text : null];
      });
      return Object.fromEntries(await Promise.all(texts));
    };
    const filesAfter = async (from: string) => {
      const before = await filesBefore(from);
      const { run } = await replayRun(...at(), { id: source, from });
      const { items } = await listFiles(...at(), { of: run.id });
      const texts = items.map(async ({ path }) => {
        const { content } = await readFile(...at(), { of: run.id, path });
        return [path, 'text' in content ? content.text : null];
      });
      await endRun(...at(), run.id);
      const after = Object.fromEntries(await Promise.all(texts));
      expect(after).toEqual(before);
      return after;
    };
    expect(await filesAfter('second')).toEqual({ 'by-first': large, shared: 'by first' });
    expect(await filesAfter('third')).toEqual({ 'by-first': large, shared: 'by second', 'by-second': '2' });
    expect(await filesAfter('first')).toEqual({});
    // In pages, and by patterns, like those of now.
    const first = await listFiles(...at(), { of: source, beforeStage: 'third', limit: 2 });
    const cursor = first.nextCursor as string;
    const rest = await listFiles(...at(), { of: source, beforeStage: 'third', limit: 2, cursor });
    expect([...first.items, ...rest.items].map(({ path, heldBy }) => [path, heldBy])).toEqual([
      ['by-first', null],
      ['by-second', null],
      ['shared', null],
    ]);
    const some = await listFiles(...at(), { of: source, beforeStage: 'third', glob: 'by-*' });
    expect(some.items.map(({ path }) => path)).toEqual(['by-first', 'by-second']);
    const unknown = listFiles(...at(), { of: source, beforeStage: 'nothing' });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { run } = await replayRun(...at(), { id: source, from: 'third' });
    const { items } = await listHistory(...at(), { of: run.id, path: 'shared' });
    expect(items).toMatchObject([{ version: 1, kind: 'carried', stageKey: 'second' }]);
    await endRun(...at(), run.id);
  });
});

test('files go with their run, and so do those of a run that was never born', async () => {
  await put('a', 'x');
  await claim('ada', ['a']);
  const { sql } = program().database;
  const unborn = '019fcb2a4c7d7e10a1b2c3d4e5f6ffff';
  await sql`INSERT INTO workspaces (run_id, org_id, created_at)
    SELECT ${unborn}::text::uuid, org_id, now() - interval '2 days' FROM workspaces LIMIT 1`;
  expect(Object.keys(SHEDDINGS)).toContain('workspaces');
  expect(await shed(sql, 'workspaces', { days: 1, limit: 100 })).toBe(1);
  await sql`DELETE FROM workspaces WHERE run_id = ${toUuid(of())}::text::uuid`;
  const [{ left } = { left: -1 }] = await sql<{ left: number }[]>`SELECT count(*)::int AS left
    FROM workspace_versions WHERE run_id = ${toUuid(of())}::text::uuid`;
  expect(left).toBe(0);
});
