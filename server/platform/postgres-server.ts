import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import type { PostgresUser } from './postgres-user.ts';

const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  max_connections: '60',
  log_min_messages: 'warning',
  log_destination: 'stderr',
  logging_collector: 'off',
};

/**
 * Our death closes its standard input, and then it stops the server: also after a `kill -9`. It ends with the server,
 * however that ended.
 */
const KEEPER = [
  'exec 3<&0; "$@" 3<&- & server=$!; trap "" INT TERM HUP; echo "$server"',
  '{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null & watcher=$!',
  'wait "$server"; kill -KILL "$watcher" 2>/dev/null',
].join('\n');

export const ENVIRONMENT: NodeJS.ProcessEnv = {
  NODE_ENV: 'production',
  PATH: process.env.PATH ?? '',
  LC_ALL: 'C',
  TZ: 'UTC',
};

export function damaged(folder: string, why: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The database folder ${folder} is damaged. ${why}`, {
    advice: 'Restore it from a backup, or move it away to begin with an empty database.',
  });
}

/** What a killed process left behind: a live server is stopped, and a lock whose holder is somebody else is removed. */
export async function endLeftOver(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  for (let waits = 0; isServerOf(pid, folder); waits += 1) {
    if (waits % 100 === 0) process.kill(pid, waits === 0 ? 'SIGINT' : 'SIGQUIT');
    if (waits > 300) {
      throw new SignalboxError(
        'UNAVAILABLE',
        `The database in ${folder} is in use by process ${pid}, which does not end.`,
        {
          advice: `End it: kill ${pid}`,
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // The number may belong to somebody else by now, and Postgres would take that for a server.
  rmSync(file, { force: true });
  for (const name of readdirSync(folder)) if (name.startsWith(SOCKET)) rmSync(join(folder, name));
}

export function isServerOf(pid: number, folder: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  if (stdout !== null && stdout !== undefined) return stdout.includes('postgres') && stdout.includes(folder);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}

const PORT_TRIES = 5;
/** Followed by the port, it is a server's socket in its folder. */
export const SOCKET = '.s.PGSQL.';
/** Of a socket's path, on every system that has them. */
const MAX_SOCKET_PATH = 103;

/** The folder for a socket; none on systems without and where the path is too long for one. */
function socketFolder(folder: string): string {
  const longest = Buffer.byteLength(join(folder, `${SOCKET}65535`));
  return process.platform !== 'win32' && longest <= MAX_SOCKET_PATH ? folder : '';
}

export interface RunningServer {
  readonly port: number;
  /** Resolves with its last words when it has ended without having been asked to. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ServerOrder {
  folder: string;
  program: string;
  user: PostgresUser;
}

/** `samePort`: of the server that it takes the place of, where clients look for it. */
export async function launchServer(order: ServerOrder, samePort?: number): Promise<RunningServer> {
  const { folder } = order;
  let sockets = socketFolder(folder);
  for (let tries = 1; ; tries += 1) {
    const port = samePort ?? (await findFreePort());
    const child = spawnServer(order, { port, sockets });
    const output = keepLines(child);
    const outcome = await waitForServer(child, output);
    if (outcome === 'up') {
      return { port, ...watchEnd(child, output) };
    }
    const text = output.lines().join('\n');
    const isForSocket = sockets !== '' && /Unix.*socket/.test(text);
    // Not every file system takes one.
    if (isForSocket) sockets = '';
    if (tries < PORT_TRIES && (isForSocket || /could not bind/.test(text))) continue;
    throw /lock file|already running/.test(text)
      ? new SignalboxError('UNAVAILABLE', `The database in ${folder} is in use by another process.`, {
          advice: 'Stop that one, or use another SIGNALBOX_DATA_DIR.',
        })
      : damaged(folder, `Postgres says:\n${text}`);
  }
}

function spawnServer(
  { folder, program, user }: ServerOrder,
  { port, sockets }: { port: number; sockets: string },
): ChildProcess {
  // A list, in which a name is quoted as in SQL.
  const unix_socket_directories = sockets && `"${sockets.replaceAll('"', '""')}"`;
  const settings = { ...SETTINGS, port: String(port), unix_socket_directories };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawn('/bin/sh', ['-c', KEEPER, 'keeper', ...user.prefix, program, '-D', folder, ...flags], {
    ...user.ids,
    cwd: '/',
    env: ENVIRONMENT,
    // A group of its own: a terminal's Ctrl-C must not end the database before the engine has drained.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

interface Output {
  lines(): string[];
  onLine(listener: (line: string) => void): void;
}

const KEPT_LINES = 40;

function keepLines(child: ChildProcess): Output {
  const lines: string[] = [];
  let listener: (line: string) => void = () => undefined;
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    for (const line of chunk.split('\n').filter((text) => text !== '')) {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      listener(line);
    }
  });
  return {
    lines: () => lines,
    onLine(next) {
      listener = next;
      for (const line of lines) next(line);
    },
  };
}

function waitForServer(child: ChildProcess, output: Output): Promise<'up' | 'ended'> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    output.onLine((line) => {
      if (line.includes('ready to accept connections')) resolve('up');
    });
    child.once('close', () => resolve('ended'));
  });
}

function watchEnd(child: ChildProcess, output: Output): Pick<RunningServer, 'ended' | 'stop'> {
  let asked = false;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<string>((resolve) => {
    void closed.then(() => {
      if (!asked) resolve(output.lines().join('\n'));
    });
  });
  return {
    ended,
    async stop() {
      asked = true;
      child.stdin?.end();
      await closed;
    },
  };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
