import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTRACT_MAX_OBJECT_BYTES, describeObjectStoreContract } from './contract.ts';
import { createLocalFolderStore } from './local-folder.ts';

async function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'signalbox-objects-'));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const pathIn = (folder: string, hash: string): string =>
  join(folder, hash.slice(0, 2), hash.slice(2, 4), hash);

describeObjectStoreContract('local folder', async () => {
  const folder = await makeFolder();
  const store = createLocalFolderStore({ folder, maxObjectBytes: CONTRACT_MAX_OBJECT_BYTES });
  await store.start();
  return {
    store,
    damage: (hash, bytes) => writeFile(pathIn(folder, hash), bytes),
    count: async () => (await filesIn(folder)).length,
    close: () => rm(folder, { recursive: true }),
  };
});

describe('local folder store', () => {
  it('repairs an object of the wrong length when it is stored again', async () => {
    const folder = await makeFolder();
    const store = createLocalFolderStore({ folder });
    await store.start();
    const { hash } = await store.put(Buffer.from('cut short by a crash'));
    await writeFile(pathIn(folder, hash), 'cut');
    await store.put(Buffer.from('cut short by a crash'));
    expect(Buffer.from(await store.get(hash)).toString()).toBe('cut short by a crash');
    await rm(folder, { recursive: true });
  });

  it('clears at its start what crashes have left, but not what is being written', async () => {
    const folder = await makeFolder();
    await createLocalFolderStore({ folder }).start();
    const [old, fresh] = [join(folder, 'parts', 'old.part'), join(folder, 'parts', 'fresh.part')];
    for (const path of [old, fresh]) await writeFile(path, 'half');
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(old, longAgo, longAgo);
    await createLocalFolderStore({ folder }).start();
    expect(await filesIn(folder)).toEqual([fresh]);
    await rm(folder, { recursive: true });
  });

  it('says at its start that it cannot write', async () => {
    const folder = await makeFolder();
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const start = createLocalFolderStore({ folder: file }).start();
    await expect(start).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(file),
    });
    await rm(folder, { recursive: true });
  });
});
