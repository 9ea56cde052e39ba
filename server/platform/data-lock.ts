import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * One live Signalbox a data folder. The lock is a file that names its holder; it outlives a `kill -9`, so
 * whether the holder lives decides, not whether the file is there. Imports nothing but Node: the start
 * script reads the lock before any package is installed.
 */
export interface DataLock {
  readonly pid: number;
  /** Where the number of the process means something: a machine, or a container on it. */
  readonly place?: string;
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
    const { pid, startedAt, port, address, place } = JSON.parse(text) as Partial<DataLock>;
    const isWhole = Number.isSafeInteger(pid) && Number.isFinite(startedAt) && Number.isSafeInteger(port);
    if (!isWhole) return undefined;
    return {
      ...{ pid: Number(pid), startedAt: Number(startedAt), port: Number(port) },
      ...(typeof address === 'string' ? { address } : {}),
      ...(typeof place === 'string' ? { place } : {}),
    };
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

/** A machine since it was booted, and the container on it, if it is one: each numbers its processes for itself. */
const PLACE = [
  hostname(),
  read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  read(() => readlinkSync('/proc/self/ns/pid')),
].join(' ');

function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}

/** A lock of another place tells by this alone that its holder lives. */
const SIGN_OF_LIFE_MS = 3000;
const SILENT_MS = 10 * SIGN_OF_LIFE_MS;

const isOfHere = ({ place }: DataLock): boolean => place === undefined || place === PLACE;

/**
 * Whether somebody else holds the lock that lies in the file. A number is reused sooner or later: a process that began
 * after the lock was written is someone else.
 */
function isHolder(lock: DataLock, file: string): boolean {
  if (!isOfHere(lock)) return Date.now() - statSync(file).mtimeMs < SILENT_MS;
  const clockSlackMs = 5000;
  if (lock.pid === process.pid || !isAlive(lock.pid)) return false;
  const startedAt = processStartedAt(lock.pid);
  return startedAt === undefined || startedAt <= lock.startedAt + clockSlackMs;
}

/** Who holds the data folder, or undefined when nobody who lives does. */
export function readLiveLock(dataDir: string): DataLock | undefined {
  try {
    const file = lockFile(dataDir);
    const lock = parseLock(readFileSync(file, 'utf8'));
    return lock !== undefined && isHolder(lock, file) ? lock : undefined;
  } catch {
    return undefined;
  }
}

/** For the sentence that says who has the folder. */
export function nameHolder(lock: DataLock): string {
  if (isOfHere(lock)) return `process ${lock.pid}`;
  const [host = ''] = (lock.place ?? '').split(' ');
  return `process ${lock.pid} of ${host}, another machine or container (if it has crashed, the folder is free in half a minute)`;
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/**
 * Where the holder listens on this machine alone, if it does yet. The secret of the folder can go there: the port is the
 * holder's for as long as it lives. In another container the same port is somebody else's.
 */
export function localOriginOf(lock: DataLock): string | undefined {
  if (!isOfHere(lock)) return undefined;
  const { port, address = '' } = lock;
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
  const lock: DataLock = { pid: process.pid, place: PLACE, startedAt: now, port };
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
  const timer = setInterval(() => showLife(file, text), SIGN_OF_LIFE_MS);
  timer.unref();
  return {
    listensOn({ port, address }) {
      text = JSON.stringify({ ...lock, port, address });
      writeFileSync(draftOf(file), text);
      // Readers find the old one or the new one, whole.
      renameSync(draftOf(file), file);
    },
    release() {
      clearInterval(timer);
      releaseLock(file, text);
    },
  };
}

function showLife(file: string, text: string): void {
  try {
    if (readFileSync(file, 'utf8') === text) utimesSync(file, new Date(), new Date());
  } catch {
    // Gone with its folder, or the disk is away: whoever looks finds out by itself.
  }
}

/** Moves the lock aside before removing it, so that a lock taken since we looked can be put back. */
function removeStaleLock(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    const lock = parseLock(readFileSync(aside, 'utf8'));
    if (lock !== undefined && isHolder(lock, aside)) linkSync(aside, file);
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
