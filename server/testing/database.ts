import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { connectDatabase, type Sql } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';

export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** A pool for the test itself. */
  sql: Sql;
}

/**
 * A database of its own for a test file, cloned from a template that is migrated once for each state of the
 * migrations. `DATABASE_URL` names the server; the test run provides one.
 */
export async function createTestDatabase(server = process.env.DATABASE_URL): Promise<TestDatabase> {
  if (!server)
    throw new Error(
      'DATABASE_URL is not set: integration tests run through npm test, which provides a Postgres.',
    );
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  const template = await ensureTemplate(admin, server);
  const name = `sb_test_${randomBytes(6).toString('hex')}`;
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY ${await cheapestCopy(admin)}`);
  const url = withDatabase(server, name);
  const sql = connectDatabase({ url, applicationName: 'test', max: 4 });
  return {
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 2 });
      await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end({ timeout: 2 });
    },
  };
}

/** Copied as files, each clone costs the whole server two checkpoints: cheap where nothing is synced, and only there. */
async function cheapestCopy(admin: Sql): Promise<'FILE_COPY' | 'WAL_LOG'> {
  const [row] = await admin<[{ fsync: string }]>`SHOW fsync`;
  return row.fsync === 'off' ? 'FILE_COPY' : 'WAL_LOG';
}

async function ensureTemplate(admin: Sql, server: string): Promise<string> {
  const { readdir, readFile } = await import('node:fs/promises');
  const { createHash } = await import('node:crypto');
  const folder = new URL('../../db/migrations/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) hash.update(await readFile(new URL(name, folder)));
  const name = `sb_template_${hash.digest('hex').slice(0, 16)}`;
  await admin`SELECT pg_advisory_lock(8675309)`;
  try {
    const [existing] = await admin`SELECT 1 FROM pg_database WHERE datname = ${name} AND datistemplate`;
    if (existing) return name;
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name}`);
    await admin.unsafe(`CREATE DATABASE ${name}`);
    await migrate(withDatabase(server, name));
    await admin.unsafe(`ALTER DATABASE ${name} IS_TEMPLATE true`);
    return name;
  } finally {
    await admin`SELECT pg_advisory_unlock(8675309)`;
  }
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
