import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One live Signalbox a data folder. The lock is a file that names its holder; it outlives a `kill -9`, so
 * whether the holder lives decides, not whether the file is there. Imports nothing but Node: the start
 * script reads the lock before any package is installed.
 */
export interface DataLock {
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly port: number;
  /** Under which address it listens there, from when it does: until then the port may be anybody's. */
  readonly address?: string;
}

function lockFile(dataDir: string): string {
  return join(dataDir, 'lock.json');
}

function parseLock(text: string): DataLock | undefined {
  try {
    const { pid, startedAt, port, address } = JSON.parse(text) as Partial<DataLock>;
    const isWhole = Number.isSafeInteger(pid) && Number.isFinite(startedAt) && Number.isSafeInteger(port);
    if (!isWhole) return undefined;
    const lock = { pid: Number(pid), startedAt: Number(startedAt), port: Number(port) };
    return typeof address === 'string' ? { ...lock, address } : lock;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, on Linux; undefined elsewhere. */
function processStartedAt(pid: number): number | undefined {
  try {
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted from after the command's closing bracket, which may itself hold spaces.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const startedAt = (bootSeconds + ticks / 100) * 1000;
    return Number.isFinite(startedAt) ? startedAt : undefined;
  } catch {
    return undefined;
  }
}

/** A number is reused sooner or later: a process that began after the lock was written is someone else. */
function isHolder(lock: DataLock): boolean {
  const clockSlackMs = 5000;
  if (lock.pid === process.pid || !isAlive(lock.pid)) return false;
  const startedAt = processStartedAt(lock.pid);
  return startedAt === undefined || startedAt <= lock.startedAt + clockSlackMs;
}

/** Who holds the data folder, or undefined when nobody who lives does. */
export function readLiveLock(dataDir: string): DataLock | undefined {
  try {
    const lock = parseLock(readFileSync(lockFile(dataDir), 'utf8'));
    return lock !== undefined && isHolder(lock) ? lock : undefined;
  } catch {
    return undefined;
  }
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/**
 * Where the holder listens on this machine alone, if it does yet. The secret of the folder can go there: the port is the
 * holder's for as long as it lives.
 */
export function localOriginOf({ port, address = '' }: DataLock): string | undefined {
  const host = EVERYWHERE.has(address) ? '127.0.0.1' : address;
  if (host === '::1') return `http://[::1]:${port}`;
  return /^127(\.\d{1,3}){3}$/.test(host) ? `http://${host}:${port}` : undefined;
}

export interface HeldLock {
  /** The port is its own now, also one that was left to the system: whoever reads the lock from now on finds it. */
  listensOn(place: { port: number; address: string }): void;
  /** The last step of an orderly stop. */
  release(): void;
}

/** Takes the data folder for this process, or returns who holds it. */
export function takeDataLock(
  dataDir: string,
  { port, now }: { port: number; now: number },
): HeldLock | { holder: DataLock } {
  mkdirSync(dataDir, { recursive: true });
  const file = lockFile(dataDir);
  const lock: DataLock = { pid: process.pid, startedAt: now, port };
  const draft = draftOf(file);
  writeFileSync(draft, JSON.stringify(lock));
  try {
    for (;;) {
      try {
        // A link appears whole or not at all: of two processes that start together, one wins.
        linkSync(draft, file);
        return holdLock(file, lock);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = readLiveLock(dataDir);
        if (holder !== undefined) return { holder };
        removeStaleLock(file);
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

const draftOf = (file: string): string => `${file}.${process.pid}`;

function holdLock(file: string, lock: DataLock): HeldLock {
  let text = JSON.stringify(lock);
  return {
    listensOn({ port, address }) {
      text = JSON.stringify({ ...lock, port, address });
      writeFileSync(draftOf(file), text);
      // Readers find the old one or the new one, whole.
      renameSync(draftOf(file), file);
    },
    release: () => releaseLock(file, text),
  };
}

/** Moves the lock aside before removing it, so that a lock taken since we looked can be put back. */
function removeStaleLock(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    const lock = parseLock(readFileSync(aside, 'utf8'));
    if (lock !== undefined && isHolder(lock)) linkSync(aside, file);
  } catch (error) {
    // ENOENT: another process removed it first. EEXIST: another one has taken it since.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function releaseLock(file: string, text: string): void {
  try {
    if (readFileSync(file, 'utf8') === text) rmSync(file);
  } catch {
    // Gone already, with the whole data folder perhaps: released is released.
  }
}
