import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Ids } from '#server/platform/system-user.ts';
import type { Uids } from './user.ts';

/** The users of programs, where each connection has one to itself. */
export interface OwnUsers {
  /** Always the same for a connection, and never that of another. */
  of(connectionId: string): Promise<Ids>;
  /** The connection is gone: what still runs as its user is ended, and another may have its number. */
  giveBack(connectionId: string, uid: number): Promise<void>;
  /** Gives back those of connections that went unseen, if they are older than that. */
  sweep(isGone: (connectionId: string) => boolean, olderThan: number): Promise<void>;
}

const ROUNDS = 10;

/**
 * A number is taken by a file that can be made only once, so that of several processes one has it. The first that is
 * tried follows from the connection: where many come and go, a number is seldom somebody's who was there before.
 */
export function createOwnUsers(folder: string, { from, to }: Uids): OwnUsers {
  const count = to - from + 1;
  const taken = join(folder, 'users');
  const pathOf = (uid: number) => join(taken, String(uid));
  const idAt = (uid: number) => readFile(pathOf(uid), 'utf8').catch(() => '');

  async function take(uid: number, id: string): Promise<boolean> {
    try {
      await writeFile(pathOf(uid), id, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return (await idAt(uid)) === id;
    }
  }

  /** Whom its folder belongs to had the number before. */
  async function ownerOf(id: string): Promise<number | null> {
    const found = await lstat(join(folder, id)).catch(() => null);
    return found && found.uid >= from && found.uid <= to ? found.uid : null;
  }

  async function giveBack(id: string, uid: number): Promise<void> {
    if ((await idAt(uid)) !== id) return;
    await endAllOf(uid);
    await rm(pathOf(uid), { force: true });
  }

  return {
    async of(id) {
      await mkdir(taken, { recursive: true, mode: 0o700 });
      const before = await ownerOf(id);
      if (before !== null && (await take(before, id))) return { uid: before, gid: before };
      const first = createHash('sha256').update(id).digest().readUInt32BE() % count;
      for (let step = 0; step < count; step += 1) {
        const uid = from + ((first + step) % count);
        if (await take(uid, id)) return { uid, gid: uid };
      }
      throw allTaken(count);
    },
    giveBack,
    async sweep(isGone, olderThan) {
      for (const name of await readdir(taken).catch(() => [])) {
        const id = await idAt(Number(name));
        const { mtimeMs } = await stat(join(taken, name)).catch(() => ({ mtimeMs: Infinity }));
        if (isGone(id) && mtimeMs < olderThan) await giveBack(id, Number(name));
      }
    },
  };
}

/** Also one that has left its group, so that it is nobody's who comes after. */
async function endAllOf(uid: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const owned = await Promise.all(
      pids.map(async (pid) => (await lstat(`/proc/${pid}`).catch(() => null))?.uid === uid),
    );
    const alive = pids.filter((_, at) => owned[at]);
    if (alive.length === 0) return;
    for (const pid of alive) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

function allTaken(count: number): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `All ${count} users that programs may run as are taken.`, {
    advice: 'Whoever runs Signalbox names more of them in SIGNALBOX_MCP_PROGRAM_USER.',
  });
}
