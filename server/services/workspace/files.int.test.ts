import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Scope } from '#server/identity/permissions.ts';
import { endRun, refused, startOpenRun, workspaceSuite } from '#server/testing/workspace/rig.ts';
import { getRun } from '../run/get.ts';
import { getWorkspace, listFiles, listHistory } from './browse.ts';
import { deleteFile, diffFile, editFile, readFile, writeFile } from './files.ts';
import { claimFiles, listLeases } from './leases.ts';
import { readInbox } from './talk.ts';

const { at, program, of, put, contentOf, claim } = workspaceSuite({
  SIGNALBOX_WORKSPACE_MAX_BYTES: '1MiB',
  SIGNALBOX_WORKSPACE_MAX_FILES: '20',
  SIGNALBOX_WORKSPACE_FILE_MAX_BYTES: '256KiB',
});

describe('files', () => {
  test('are written, read and deleted, each change a version', async () => {
    expect(await put('docs/a.md', 'one\n')).toMatchObject({ version: 1, bytes: 4 });
    expect(await put('docs/a.md', 'two\n', { baseVersion: 1 })).toMatchObject({ version: 2 });
    expect(await readFile(...at(), { of: of(), path: 'docs/a.md' })).toMatchObject({
      version: 2,
      content: { text: 'two\n' },
      changedBy: 'ada',
      heldBy: null,
    });
    expect(await readFile(...at(), { of: of(), path: 'docs/a.md', version: 1 })).toMatchObject({
      content: { text: 'one\n' },
    });
    await deleteFile(...at(), { of: of(), path: 'docs/a.md', baseVersion: 2 });
    await expect(contentOf('docs/a.md')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await listFiles(...at(), { of: of() })).items).toEqual([]);
    expect(await put('docs/a.md', 'again')).toMatchObject({ version: 4 });
    const { items } = await listHistory(...at(), { of: of(), path: 'docs/a.md' });
    expect(items.map(({ version, kind }) => [version, kind])).toEqual([
      [4, 'write'],
      [3, 'delete'],
      [2, 'write'],
      [1, 'write'],
    ]);
  });

  test('any task of the run names the same workspace', async () => {
    await put('a', 'x');
    const [, second] = (await getRun(...at(), { id: of() })).tasks;
    expect(await readFile(...at(), { of: second?.id as never, path: 'a' })).toMatchObject({ version: 1 });
  });

  test('whoever changes an older version is told who was quicker, when, and what they have not seen', async () => {
    await put('a.md', 'one\ntwo\n');
    await put('a.md', 'one\n2\n', { baseVersion: 1, as: 'grace' });
    const conflict = await refused(put('a.md', '1\ntwo\n', { baseVersion: 1 }));
    expect(conflict).toMatchObject({
      kind: 'outdated',
      version: 2,
      changedBy: 'grace',
      changedAt: expect.any(Date),
      diff: '@@ -1,2 +1,2 @@\n one\n-two\n+2\n',
    });
    expect(await contentOf('a.md')).toBe('one\n2\n');
    expect(await refused(put('a.md', 'new'))).toMatchObject({ kind: 'outdated', baseVersion: 0, version: 2 });
    expect(await refused(put('none', 'x', { baseVersion: 3 }))).toMatchObject({
      kind: 'outdated',
      version: 0,
    });
  });

  test('a key that may write and not read changes them, and is shown nothing of them', async () => {
    const narrow = (...scopes: Scope[]): Actor => ({
      ...program().actor,
      kind: 'key',
      id: 'key_narrow',
      scopes,
    });
    const services = program().services;
    await put('a.md', 'a secret\n');
    await put('a.md', 'another secret\n', { baseVersion: 1 });
    const writer = narrow('runs:write');
    const late = { of: of(), path: 'a.md', content: 'mine', baseVersion: 1 };
    const outdated = await writeFile(services, writer, late).catch((error) => error);
    expect(outdated).toMatchObject({ code: 'CONFLICT', details: { conflict: { version: 2 } } });
    expect(JSON.stringify([outdated.message, outdated.advice, outdated.details])).not.toContain('secret');
    await expect(
      deleteFile(services, writer, { of: of(), path: 'a.md', baseVersion: 1 }),
    ).rejects.toMatchObject({
      cause: { diff: null },
    });
    const edit = { of: of(), path: 'a.md', edits: [{ old: 'another', new: 'a third' }] };
    await expect(editFile(services, writer, edit)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(readInbox(services, writer, { of: of() })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await writeFile(services, writer, { ...late, baseVersion: 2 })).toMatchObject({ version: 3 });

    const both = narrow('runs:write', 'payload:read');
    expect(await readInbox(services, both, { of: of() })).toEqual([]);
    expect(await refused(writeFile(services, both, late))).toMatchObject({
      diff: expect.stringContaining('secret'),
    });
  });

  test('edits are exact, and their diff is kept', async () => {
    await put('a.md', 'one\ntwo\n');
    const edit = (edits: { old: string; new: string }[], more: object = {}) =>
      editFile(...at(), { of: of(), path: 'a.md', edits, as: 'ada', ...more });
    expect(await edit([{ old: 'two', new: '2' }])).toMatchObject({
      version: 2,
      diff: '@@ -1,2 +1,2 @@\n one\n-two\n+2\n',
    });
    await expect(edit([{ old: 'two', new: '2' }])).rejects.toMatchObject({ code: 'INVALID' });
    expect(await refused(edit([{ old: 'two', new: '3' }], { baseVersion: 1 }))).toMatchObject({
      kind: 'outdated',
    });
    expect(await diffFile(...at(), { of: of(), path: 'a.md', from: 1, to: 2 })).toMatchObject({
      diff: '@@ -1,2 +1,2 @@\n one\n-two\n+2\n',
    });
    expect(await diffFile(...at(), { of: of(), path: 'a.md', from: 0, to: 1 })).toMatchObject({
      diff: '@@ -0,0 +1,2 @@\n+one\n+two\n',
    });
  });

  test('two edits of different places at the same moment are both made', async () => {
    await put('a', Array.from({ length: 20 }, (_, line) => `line ${line}.\n`).join(''));
    await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        editFile(...at(), {
          of: of(),
          as: `agent ${n}`,
          path: 'a',
          edits: [{ old: `line ${n}.`, new: `done ${n}.` }],
        }),
      ),
    );
    const text = await contentOf('a');
    for (const n of [0, 1, 2, 3]) expect(text).toContain(`done ${n}.`);
  });

  test('a large file and one that is no text come back as they were', async () => {
    const large = 'x'.repeat(200_000);
    await put('large', large);
    expect(await contentOf('large')).toBe(large);
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0]), randomBytes(50_000)]).toString('base64');
    await put('image', bytes, { encoding: 'base64' });
    expect(await contentOf('image')).toEqual({ base64: bytes });
    await put('text', Buffer.from('grüße').toString('base64'), { encoding: 'base64' });
    expect(await contentOf('text')).toBe('grüße');
    await expect(put('bad', '&&&', { encoding: 'base64' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('a name is a file or a folder', async () => {
    await put('a/b', 'x');
    expect(await refused(put('a', 'x'))).toMatchObject({ kind: 'name-taken', by: 'a/b' });
    expect(await refused(put('a/b/c', 'x'))).toMatchObject({ kind: 'name-taken', by: 'a/b' });
    await put('a0', 'x');
    await put('a!', 'x');
    await put('a/b0', 'x');
  });

  test.each(['../x', '/etc/passwd', 'a/./b', 'a\u0000', 'C:\\x'])('%j is refused', async (path) => {
    await expect(put(path, 'x')).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('one that is too large is refused, and so is what finds no room', async () => {
    await expect(put('a', 'x'.repeat(300_000))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    for (let n = 0; n < 5; n += 1) await put(`full/${n}`, randomBytes(100_000).toString('hex'));
    await expect(put('full/5', 'x'.repeat(100_000))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('full'),
    });
    const { bytes, files } = await getWorkspace(...at(), { of: of() });
    expect(files).toBe(5);
    expect(bytes).toBeLessThanOrEqual(1024 ** 2);
    for (let n = 5; n < 20; n += 1) await put(`full/${n}`, 'x');
    await expect(put('full/20', 'x')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await deleteFile(...at(), { of: of(), path: 'full/19', baseVersion: 1 });
    await put('full/20', 'x');
  });

  test('are listed by pattern, page by page, with who holds them', async () => {
    for (const path of ['src/a.ts', 'src/b/c.ts', 'src/d.md']) await put(path, 'x');
    await claim('grace', ['src/b/**']);
    const first = await listFiles(...at(), { of: of(), glob: 'src/**/*.ts', limit: 1 });
    expect(first.items.map(({ path }) => path)).toEqual(['src/a.ts']);
    const second = await listFiles(...at(), {
      ...{ of: of(), glob: 'src/**/*.ts', limit: 1 },
      cursor: first.nextCursor as string,
    });
    expect(second.items).toMatchObject([{ path: 'src/b/c.ts', heldBy: { name: 'grace' } }]);
    expect(second.nextCursor).toBeNull();
  });

  test('the run is over: nothing changes any more', async () => {
    const ended = await startOpenRun(...at());
    await writeFile(...at(), { of: ended, path: 'a', content: 'x' });
    await endRun(...at(), ended);
    await expect(
      writeFile(...at(), { of: ended, path: 'a', content: 'y', baseVersion: 1 }),
    ).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('run is over') });
    expect(await readFile(...at(), { of: ended, path: 'a' })).toMatchObject({ version: 1 });
  });

  test('of another organisation are as if they were not there', async () => {
    await put('a', 'x');
    const stranger: Actor = { ...program().actor, orgId: `org_${'0'.repeat(31)}9` as OrgId };
    const asked = [
      () => readFile(program().services, stranger, { of: of(), path: 'a' }),
      () => writeFile(program().services, stranger, { of: of(), path: 'a', content: 'y', baseVersion: 1 }),
      () => listFiles(program().services, stranger, { of: of() }),
      () => claimFiles(program().services, stranger, { of: of(), patterns: ['**'] }),
      () => listLeases(program().services, stranger, { of: of() }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { sql } = program().database;
    await sql.begin(async (tx) => {
      await tx`SELECT set_config('role', 'signalbox_door', true), set_config('signalbox.org', ${toUuid(stranger.orgId)}, true)`;
      for (const table of [
        'workspaces',
        'workspace_files',
        'workspace_versions',
        'workspace_blobs',
        'workspace_leases',
        'workspace_collaborators',
        'workspace_steps',
        'workspace_messages',
      ])
        expect(await tx.unsafe(`SELECT 1 FROM ${table} LIMIT 1`), table).toHaveLength(0);
    });
  });
});
