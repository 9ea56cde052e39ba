import { chmod, lchown, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '#server/platform/system-user.ts';
import type { ProgramUser } from './user.ts';

/** The folders of programs, by connection: each goes with its connection. */
export interface Folders {
  /** Makes it, if it is not there, for whoever programs run as. */
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

interface FolderOptions {
  folder: string;
  user: ProgramUser;
  now(): number;
}

export function createFolders({ folder, user, now }: FolderOptions): Folders {
  // A program that is just ending may still write.
  const remove = (id: string) => rm(join(folder, id), { recursive: true, force: true, maxRetries: 3 });

  return {
    async open(id) {
      const path = join(folder, id);
      await mkdir(path, { recursive: true, mode: 0o700 });
      if (user.kind === 'lent') {
        // They pass through it, and see nothing of what else is there.
        await chmod(folder, 0o711);
        await handOver(path, user);
      }
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

/**
 * As after another user was named: what belonged to whom the folder belonged to, and nothing else, since a program may
 * have put another name of a file there that is not its own. The folder comes last, so that what breaks off is begun anew.
 */
async function handOver(folder: string, { uid, gid }: Ids): Promise<void> {
  const { uid: before } = await lstat(folder);
  if (before === uid) return;
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const found = await lstat(path);
    const isItsOwn = found.uid === before && (found.isDirectory() || found.nlink === 1);
    if (isItsOwn) await lchown(path, uid, gid);
  }
  await lchown(folder, uid, gid);
}
