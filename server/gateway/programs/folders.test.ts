import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  const today = createFolders({ folder, now: Date.now });
  for (const id of [stays, gone]) await writeFile(join(await today.open(id), 'kept'), 'x');
  await mkdir(join(folder, 'of-somebody-else'));
  const isThere = (id: string) => id === stays;
  await today.sweep(isThere);
  // It may belong to a connection that another process has just made.
  expect(existsSync(join(folder, gone))).toBe(true);
  await createFolders({ folder, now: () => Date.now() + DAY_MS }).sweep(isThere);
  expect([stays, gone, 'of-somebody-else'].map((name) => existsSync(join(folder, name)))).toEqual([
    ...[true, false, true],
  ]);
});
