import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectDatabase } from '#db/client.ts';
import { findEmbeddedUrl, startEmbeddedPostgres } from './embedded-postgres.ts';

const WITHIN = { timeout: 60_000, interval: 100 };

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'embedded-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Null: by a socket. */
async function addressSeenBy(url: string): Promise<string | null> {
  const sql = connectDatabase({ url, applicationName: 'test', max: 1 });
  try {
    const [row] = await sql<[{ address: string | null }]>`SELECT inet_server_addr()::text AS address`;
    return row.address;
  } finally {
    await sql.end();
  }
}

const socketsIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => /^\.s\.PGSQL\.\d+$/.test(name));

test('is reached by a socket in its folder, and what a killed one left behind is cleared away', async () => {
  const dataDir = join(home, 'a, "b" c');
  const folder = join(dataDir, 'postgres');
  const first = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(first.url)).toBeNull();
  expect(findEmbeddedUrl(dataDir)).toBe(first.url);
  await first.stop();
  await writeFile(join(folder, '.s.PGSQL.1'), '');
  await writeFile(join(folder, 'postmaster.pid'), '1\n');

  const second = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(second.url)).toBeNull();
  expect(await socketsIn(folder)).toEqual([`.s.PGSQL.${new URL(second.url).port}`]);
  await second.stop();
  expect(findEmbeddedUrl(dataDir)).toBeNull();
});

async function killServer(folder: string): Promise<void> {
  const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

test('that was killed is started again where it was, unless it ends over and over', async () => {
  const dataDir = join(home, 'data');
  const restarts: string[] = [];
  const server = await startEmbeddedPostgres({ dataDir, onRestart: (words) => restarts.push(words) });
  const sql = connectDatabase({ url: server.url, applicationName: 'test', max: 1 });
  await sql`CREATE TABLE kept AS SELECT 1 AS one`;
  for (const count of [1, 2, 3]) {
    await killServer(join(dataDir, 'postgres'));
    await vi.waitFor(() => expect(restarts).toHaveLength(count), WITHIN);
    await vi.waitFor(async () => expect(await sql`SELECT one FROM kept`).toEqual([{ one: 1 }]), WITHIN);
  }
  await killServer(join(dataDir, 'postgres'));
  expect(await server.died).toContain('ready to accept connections');
  expect(restarts).toHaveLength(3);
  await sql.end({ timeout: 1 });
  await server.stop();
});

test('is reached over TCP where the path is too long for a socket', async () => {
  const dataDir = join(home, 'a'.repeat(100));
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(server.url)).toBe('127.0.0.1/32');
  expect(findEmbeddedUrl(dataDir)).toBe(server.url);
  await server.stop();
});
