import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
  for (const id of [stays, gone]) await writeFile(join(await today.open(id), 'kept'), 'x');
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
    const path = await createFolders({ folder, user: { kind: 'own' }, now: Date.now }).open(id);
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
