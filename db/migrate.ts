import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { connectDatabase, type Sql } from './client.ts';
import { ensureParts } from './queries/expire.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
/** Any number will do that nobody else locks: the first bytes of the product's name. */
const MIGRATION_LOCK = 0x5167_6e61;

interface Migration {
  name: string;
  text: string;
  hash: string;
}

/**
 * Brings the database to this program's schema. Safe with several at once (one works, the others wait and then find
 * nothing to do) and under traffic: each migration has a transaction of its own and gives up on a lock it cannot get
 * soon, to be tried again, rather than make every query queue behind it.
 */
export async function migrate(
  url: string,
  onStep: (name: string) => void = () => undefined,
  folder = MIGRATIONS,
): Promise<string[]> {
  // A connection of its own: the lock belongs to the connection that took it.
  const sql = connectDatabase({ url, applicationName: 'signalbox-migrate', max: 1 });
  try {
    await sql`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    return await applyMissing(sql, await readMigrations(folder), onStep);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function applyMissing(
  sql: Sql,
  migrations: readonly Migration[],
  onStep: (name: string) => void,
): Promise<string[]> {
  await sql`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
  const rows = await sql<{ name: string; hash: string }[]>`SELECT name, hash FROM schema_migrations`;
  const applied = new Map(rows.map((row) => [row.name, row.hash]));
  refuseUnknown(migrations, applied);
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    onStep(migration.name);
    await applyOne(sql, migration);
    done.push(migration.name);
  }
  await ensureParts(sql);
  return done;
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

function refuseUnknown(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  for (const [name, hash] of applied) {
    const known = migrations.find((migration) => migration.name === name);
    if (!known)
      throw new Error(
        `The database has migration ${name}, which this program does not know: it is of a newer version. Start that one.`,
      );
    if (known.hash !== hash)
      throw new Error(
        `Migration ${name} was changed after it had been applied. Restore its text and add a new migration.`,
      );
  }
}

const LOCK_TRIES = 30;
/** No lock in time, or traffic and we waited for each other: a table and its parts are locked one by one. */
const LOCK_TROUBLES = new Set(['55P03', '40P01']);

async function applyOne(sql: Sql, migration: Migration): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await sql
        .unsafe(`BEGIN; SET LOCAL lock_timeout = '2s'; ${migration.text};
        INSERT INTO schema_migrations (name, hash) VALUES ('${migration.name}', '${migration.hash}'); COMMIT`)
        .simple();
      return;
    } catch (error) {
      await sql.unsafe('ROLLBACK').simple();
      const { code } = error as { code?: string };
      if (!LOCK_TROUBLES.has(code ?? '') || tries === LOCK_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * tries));
    }
  }
}
