import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeId, toUuid } from '#server/domain/ids.ts';
import { createFolders } from './folders.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-folders-'));
});
afterAll(() => rm(folder, { recursive: true }));

const DAY_MS = 86_400_000;

test('folders of connections that went unseen are removed, and nothing else is', async () => {
  // Ids as the gateway has them: with another form of theirs nothing would ever be removed.
  const newId = () => toUuid(makeId('mcpConnection', randomUUID()));
  const [stays, gone] = [newId(), newId()];
  const today = createFolders({ folder, user: { kind: 'own' }, now: Date.now });
  for (const id of [stays, gone]) await writeFile(join((await today.open(id)).path, 'kept'), 'x');
  await mkdir(join(folder, 'of-somebody-else'));
  const isThere = (id: string) => id === stays;
  await today.sweep(isThere);
  // It may belong to a connection that another process has just made.
  expect(existsSync(join(folder, gone))).toBe(true);
  await createFolders({ folder, user: { kind: 'own' }, now: () => Date.now() + DAY_MS }).sweep(isThere);
  expect([stays, gone, 'of-somebody-else'].map((name) => existsSync(join(folder, name)))).toEqual([
    ...[true, false, true],
  ]);
});

test.runIf(process.getuid?.() === 0)(
  'a folder is handed over to whoever programs run as now, and nothing that only looks as if it were in it',
  async () => {
    const id = toUuid(makeId('mcpConnection', randomUUID()));
    const { path } = await createFolders({ folder, user: { kind: 'own' }, now: Date.now }).open(id);
    const secret = join(folder, 'secret');
    await writeFile(secret, 'x');
    await mkdir(join(path, 'deep'));
    await writeFile(join(path, 'deep/own'), 'x');
    await symlink(secret, join(path, 'pointing'));
    await link(secret, join(path, 'linked'));
    const user = { kind: 'lent' as const, uid: 65_534, gid: 65_534 };
    await createFolders({ folder, user, now: Date.now }).open(id);
    const ownerOf = async (at: string) => (await lstat(at)).uid;
    for (const name of ['', 'deep', 'deep/own', 'pointing']) {
      expect([name, await ownerOf(join(path, name))]).toEqual([name, 65_534]);
    }
    expect([await ownerOf(secret), await ownerOf(folder)]).toEqual([0, 0]);
    // Others pass through to their own, and see nothing of what else is there.
    expect((await lstat(folder)).mode & 0o777).toBe(0o711);
    expect((await lstat(path)).mode & 0o777).toBe(0o700);
  },
);

describe.runIf(process.getuid?.() === 0)('where each connection has a user of its own', () => {
  const newId = () => toUuid(makeId('mcpConnection', randomUUID()));
  const RANGE = { kind: 'each' as const, from: 3_700_000, to: 3_700_003 };
  const make = (now = Date.now) => createFolders({ folder: join(folder, 'each'), user: RANGE, now });

  test('no two have the same, each keeps its own, and what is given back is there for others', async () => {
    const ids = [newId(), newId(), newId(), newId()];
    // As several processes that share the folder would, all at once.
    const opened = await Promise.all(ids.map((id) => make().open(id)));
    const uids = opened.map(({ user }) => user?.uid ?? 0);
    expect(uids.toSorted()).toEqual([3_700_000, 3_700_001, 3_700_002, 3_700_003]);
    for (const [at, { path, user }] of opened.entries()) {
      const found = await lstat(path);
      expect([found.uid, found.gid, found.mode & 0o777]).toEqual([uids[at], user?.gid, 0o700]);
    }
    await expect(make().open(newId())).rejects.toThrow('All 4 users that programs may run as are taken.');
    await make().remove(ids[1] ?? '');
    const next = await make().open(newId());
    expect(next.user?.uid).toBe(uids[1]);
    expect((await make().open(ids[2] ?? '')).user?.uid).toBe(uids[2]);
    await make(() => Date.now() + DAY_MS).sweep((id) => id === ids[0]);
    expect((await readdir(join(folder, 'each/users'))).map(Number)).toEqual([uids[0]]);
  });

  test('what still runs as the user of a connection that is gone is ended', async () => {
    const id = newId();
    const { user } = await make().open(id);
    // It has left the group in which it was started.
    const stray = spawn('sleep', ['600'], { ...user, detached: true, stdio: 'ignore', cwd: '/' });
    const ended = once(stray, 'exit');
    await once(stray, 'spawn');
    await make().remove(id);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
