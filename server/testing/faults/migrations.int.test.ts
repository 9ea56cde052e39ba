import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { connectDatabase } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { createRig } from './rig.ts';

/** The program's migrations, and then these: a later version of it. */
async function migrationsAnd(texts: readonly string[]): Promise<AsyncDisposable & { url: URL }> {
  const path = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'));
  await cp(new URL('../../../db/migrations/', import.meta.url), path, { recursive: true });
  for (const [at, text] of texts.entries()) {
    await writeFile(join(path, `${9000 + at}_later.sql`), text);
  }
  return {
    url: pathToFileURL(`${path}/`),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

test('F37 two migrators that start at once on an empty database apply each migration once', async () => {
  await using rig = await createRig();
  const name = `sb_empty_${randomBytes(6).toString('hex')}`;
  await rig.sql.unsafe(`CREATE DATABASE ${name}`);
  const url = new URL(rig.url);
  url.pathname = `/${name}`;
  const done = (await Promise.all([migrate(url.href), migrate(url.href), migrate(url.href)])).flat();
  expect(new Set(done).size).toBe(done.length);
  const sql = connectDatabase({ url: url.href, applicationName: 'test', max: 1 });
  const applied = await sql<{ name: string }[]>`SELECT name FROM schema_migrations ORDER BY name`;
  const { findings } = await audit({ sql, graphOf: createGraphCache(sql) });
  await sql.end();
  await rig.sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  expect(applied.map((row) => row.name)).toEqual(done.sort());
  // Its partitions are there, and there is room for what comes.
  expect(findings).toEqual([]);
});

test('F37 a change that locks a hot table again and again under traffic fails no run', async () => {
  await using rig = await createRig();
  const engine = await rig.engine();
  const orders = await rig.orders(60, 37);
  const runs = rig.startAll(engine, orders);
  await using folder = await migrationsAnd(
    Array.from({ length: 10 }, (_, at) => `ALTER TABLE runs ADD COLUMN f37_${at} integer`),
  );
  const [first, second] = await Promise.all([1, 2].map(() => migrate(rig.url, undefined, folder.url)));
  expect([...(first ?? []), ...(second ?? [])]).toHaveLength(10);
  await runs;
  await rig.allEnded();
  const lost = await rig.sql`SELECT FROM tasks WHERE losses > 0`;
  expect(lost).toEqual([]);
  expect((await engine.state()).troubles.filter((text) => text.includes('could not be committed'))).toEqual(
    [],
  );
  await rig.expectSound();
});
