import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectDatabase } from '#db/client.ts';
import { findEmbeddedUrl, startEmbeddedPostgres } from './embedded-postgres.ts';

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

test('is reached by a socket in its folder, and one that a killed server left behind is cleared away', async () => {
  const dataDir = join(home, 'a, "b" c');
  const folder = join(dataDir, 'postgres');
  const first = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(first.url)).toBeNull();
  expect(findEmbeddedUrl(dataDir)).toBe(first.url);
  const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await first.died;
  const left = await socketsIn(folder);
  expect(left).toHaveLength(1);

  const second = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(second.url)).toBeNull();
  expect(await socketsIn(folder)).toEqual([`.s.PGSQL.${new URL(second.url).port}`]);
  await second.stop();
  expect(findEmbeddedUrl(dataDir)).toBeNull();
});

test('is reached over TCP where the path is too long for a socket', async () => {
  const dataDir = join(home, 'a'.repeat(100));
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await addressSeenBy(server.url)).toBe('127.0.0.1/32');
  expect(findEmbeddedUrl(dataDir)).toBe(server.url);
  await server.stop();
});
