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

test('the committed dump is what the migrations make', async () => {
  const committed = await readFile(new URL('./migrations/schema.sql', import.meta.url), 'utf8');
  expect(committed, 'run npm run schema:dump and commit the result').toBe(await describeSchema(database.sql));
});
