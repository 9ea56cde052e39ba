import { chmod, lchown, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '#server/platform/system-user.ts';
import { createOwnUsers } from './own-users.ts';
import type { ProgramUser } from './user.ts';

/** The folders of programs, by connection: each goes with its connection. */
export interface Folders {
  /** Makes it, if it is not there, for whoever its program runs as. */
  open(connectionId: string): Promise<OwnFolder>;
  /** The connection is gone, and nothing of it runs here any more. */
  remove(connectionId: string): Promise<void>;
  /** Removes those whose connections went while nobody was there to see it. */
  sweep(isThere: (connectionId: string) => boolean): Promise<void>;
}

export interface OwnFolder {
  path: string;
  /** Left out: as this process. */
  user?: Ids;
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
  const ownUsers = user.kind === 'each' ? createOwnUsers(folder, user) : null;

  async function userOf(id: string): Promise<Ids | null> {
    if (ownUsers) return ownUsers.of(id);
    return user.kind === 'lent' ? { uid: user.uid, gid: user.gid } : null;
  }

  async function remove(id: string): Promise<void> {
    const path = join(folder, id);
    const owner = (await lstat(path).catch(() => null))?.uid;
    if (ownUsers && owner !== undefined) await ownUsers.giveBack(id, owner);
    // A program that is just ending may still write.
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }

  return {
    async open(id) {
      const path = join(folder, id);
      await mkdir(path, { recursive: true, mode: 0o700 });
      const own = await userOf(id);
      if (!own) return { path };
      // They pass through it, and see nothing of what else is there.
      await chmod(folder, 0o711);
      await handOver(path, own);
      return { path, user: own };
    },
    remove,
    async sweep(isThere) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((each) => ID.test(each) && !isThere(each))) {
        const { birthtimeMs } = await stat(join(folder, name)).catch(() => ({ birthtimeMs: Infinity }));
        if (now() - birthtimeMs > YOUNG_MS) await remove(name);
      }
      await ownUsers?.sweep((id) => !isThere(id), now() - YOUNG_MS);
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
