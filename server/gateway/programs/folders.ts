import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders of programs, by connection: each goes with its connection. */
export interface Folders {
  /** Makes it, if it is not there. */
  open(connectionId: string): Promise<string>;
  /** The connection is gone, and nothing of it runs here any more. */
  remove(connectionId: string): Promise<void>;
  /** Removes those whose connections went while nobody was there to see it. */
  sweep(isThere: (connectionId: string) => boolean): Promise<void>;
}

/** Another process may have made one for a connection that this one does not know yet. */
const YOUNG_MS = 3_600_000;
/** As the gateway writes the ids of connections. */
const ID = /^[0-9a-f]{32}$/;

export function createFolders({ folder, now }: { folder: string; now(): number }): Folders {
  // A program that is just ending may still write.
  const remove = (id: string) => rm(join(folder, id), { recursive: true, force: true, maxRetries: 3 });

  return {
    async open(id) {
      const path = join(folder, id);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    },
    remove,
    async sweep(isThere) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((each) => ID.test(each) && !isThere(each))) {
        const { birthtimeMs } = await stat(join(folder, name)).catch(() => ({ birthtimeMs: Infinity }));
        if (now() - birthtimeMs > YOUNG_MS) await remove(name);
      }
    },
  };
}
