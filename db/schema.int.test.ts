import { readFile } from 'node:fs/promises';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { describeSchema } from './describe.ts';
import * as schema from './schema/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const tables = Object.values(schema).flatMap((value) => (value instanceof PgTable ? [value] : []));

describe('the Drizzle schema', () => {
  test('names every table of the migrated database but the list of migrations', async () => {
    const rows = await database.sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations' ORDER BY relname`;
    const names = tables.map((table) => getTableConfig(table).name).sort();
    expect(names).toEqual(rows.map(({ name }) => name));
  });

  test.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
    'has the columns of %s with their types and whether they may be null',
    async (name, table) => {
      const rows = await database.sql<{ name: string; type: string; notNull: boolean }[]>`
        SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS "notNull"
        FROM pg_attribute WHERE attrelid = ${name}::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
      const ours = getTableConfig(table).columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        notNull: column.notNull,
      }));
      expect(ours).toEqual([...rows]);
    },
  );
});

/** ARCHITECTURE.md says why of each. */
const WITHOUT_TENANT = [
  ...['analytics_progress', 'app_clients', 'app_records', 'guarding_settings', 'inbox', 'linked_identities'],
  ...[
    'orgs',
    'outbox',
    'passkey_challenges',
    'passkeys',
    'schema_migrations',
    'server_keys',
    'sign_in_flows',
  ],
  ...['stored_objects', 'users'],
];

describe('the tenant of a row', () => {
  test('is named in every table, and held to it by a policy, but for those that belong to none', async () => {
    const rows = await database.sql<{ name: string; isNamed: boolean; hasPolicy: boolean }[]>`
      SELECT relname AS name, relrowsecurity AS "hasPolicy", EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = c.oid AND attname = 'org_id' AND NOT attisdropped) AS "isNamed"
      FROM pg_class c WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`;
    expect(rows.filter(({ isNamed }) => !isNamed).map(({ name }) => name)).toEqual(WITHOUT_TENANT);
    expect(rows.filter(({ isNamed, hasPolicy }) => isNamed && !hasPolicy)).toEqual([]);
  });

  test('that no column names is nothing that a door can read, but the list of tenants and times', async () => {
    const rows = await database.sql<{ name: string }[]>`
      SELECT name FROM json_array_elements_text(${JSON.stringify(WITHOUT_TENANT)}::text::json) AS name
      WHERE has_table_privilege('signalbox_door', name, 'SELECT') ORDER BY name`;
    expect(rows.map(({ name }) => name)).toEqual(['analytics_progress', 'orgs']);
  });
});

describe('when a row was last changed', () => {
  test('is kept by the database in every table that says so, but for runs, of which the engine says it', async () => {
    const rows = await database.sql<{ name: string; touches: boolean }[]>`
      SELECT relname AS name, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid
        AND tgfoid = 'touch_updated_at'::regproc AND tgenabled = 'O') AS touches
      FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attname = 'updated_at'
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`;
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.flatMap(({ name, touches }) => (touches ? [] : [name]))).toEqual(['runs']);
  });

  test('is the moment of the change, whatever the change says of it', async () => {
    const [row] = await database.sql.begin(async (sql) => {
      await sql`INSERT INTO users (id, name, updated_at) VALUES (gen_random_uuid(), 'changed', '2001-01-01')`;
      return sql`UPDATE users SET updated_at = '2001-01-01' WHERE name = 'changed' RETURNING updated_at = now() AS is_now`;
    });
    expect(row).toEqual({ is_now: true });
  });
});

test('the committed dump is what the migrations make', async () => {
  const committed = await readFile(new URL('./migrations/schema.sql', import.meta.url), 'utf8');
  expect(committed, 'run npm run schema:dump and commit the result').toBe(await describeSchema(database.sql));
});
