import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrgId } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { connectReader } from './client.ts';
import { inTenant, openDoorDatabase, type TenantTransaction } from './tenant.ts';

/**
 * The second wall at work: what the doors' role asks here names no tenant at all, of every table that has one. Which
 * there are is asked of the database, and rows are made by the types of their columns, so a new table is among them.
 */
const OURS = 'org_00000000000070008000000000000101' as OrgId;
const THEIRS = 'org_00000000000070008000000000000102' as OrgId;
const BOTH = [OURS, THEIRS] as const;
const uuidOf = (org: OrgId) => org.slice(4);

interface Column {
  name: string;
  /** Any value of its type. */
  value: string;
  isOwed: boolean;
  mayRead: boolean;
  mayInsert: boolean;
  mayUpdate: boolean;
}

interface Table {
  name: string;
  /** r: a table, p: one in parts, v: a view, m: a view that is kept. */
  kind: string;
  mayRead: boolean;
  mayDelete: boolean;
  columns: Column[];
}

let database: TestDatabase;
let db: ReturnType<typeof openDoorDatabase>;
let tables: Table[];

beforeAll(async () => {
  database = await createTestDatabase();
  await dropWhatTellsRowsApart();
  await database.sql`INSERT INTO orgs (id, name) SELECT id::uuid, id FROM unnest(${`{${BOTH.map(uuidOf)}}`}::text::text[]) AS id`;
  tables = await readTables();
  for (const table of tables.filter(isTable))
    for (const org of BOTH) await database.sql.unsafe(insert(table, org, (column) => column.isOwed));
  // Of whom their members are shown with their names.
  await database.sql`INSERT INTO users (id, name) SELECT user_id, 'somebody' FROM memberships`;
  db = openDoorDatabase({ url: database.url, applicationName: 'test', max: 1 });
});
afterAll(async () => {
  await db?.end({ timeout: 5 });
  await database?.[Symbol.asyncDispose]();
});

const isTable = ({ kind }: Pick<Table, 'kind'>): boolean => kind === 'r' || kind === 'p';

/** No check, no reference and no trigger has a say in whom a row is shown to, and each would want a row of its own kind. */
async function dropWhatTellsRowsApart(): Promise<void> {
  await database.sql.unsafe(`DO $$ DECLARE of record; BEGIN
    SET LOCAL client_min_messages = error;
    PERFORM ensure_parts(now(), now());
    FOR of IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
      WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND conparentid = 0 AND conislocal LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', of.name, of.conname);
    END LOOP;
    FOR of IN SELECT oid::regclass AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace LOOP
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', of.name);
    END LOOP;
  END $$`);
}

/** All that have a tenant: tables, their parts where the doors may touch one by itself, and views. */
async function readTables(): Promise<Table[]> {
  const rows = await database.sql<(Omit<Table, 'columns'> & { columns: Column[] | string })[]>`
    SELECT c.relname AS name, c.relkind AS kind,
      has_any_column_privilege('signalbox_door', c.oid, 'SELECT') AS "mayRead",
      has_table_privilege('signalbox_door', c.oid, 'DELETE') AS "mayDelete",
      json_agg(json_build_object('name', a.attname,
        'isOwed', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
        'mayRead', has_column_privilege('signalbox_door', c.oid, a.attnum, 'SELECT'),
        'mayInsert', has_column_privilege('signalbox_door', c.oid, a.attnum, 'INSERT'),
        'mayUpdate', has_column_privilege('signalbox_door', c.oid, a.attnum, 'UPDATE'),
        'value', CASE
          WHEN a.atttypid = 'uuid'::regtype
            THEN $$overlay(uuid_at(now())::text placing substring(md5(random()::text) for 12) from 25)::uuid$$
          WHEN t.typtype = 'e' THEN format('%L', (SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid LIMIT 1))
          WHEN t.typcategory = 'A' OR t.typname IN ('json', 'jsonb') THEN $$'{}'$$
          WHEN t.typcategory = 'D' THEN 'clock_timestamp()'
          WHEN t.typcategory = 'T' THEN $$'1 s'$$
          WHEN t.typcategory = 'N' THEN '(1 + random() * 30000)::int'
          WHEN t.typcategory = 'B' THEN 'false'
          WHEN t.typname = 'bytea' THEN $$'\\x00'$$
          ELSE 'md5(random()::text)' END)) AS columns
    FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND EXISTS (SELECT FROM pg_attribute of WHERE of.attrelid = c.oid AND of.attname = 'org_id' AND NOT of.attisdropped)
      AND (NOT c.relispartition OR has_any_column_privilege('signalbox_door', c.oid, 'SELECT, INSERT, UPDATE'))
    GROUP BY c.oid, c.relname, c.relkind ORDER BY c.relname`;
  return rows.map(({ columns, ...table }) => ({
    ...table,
    columns: typeof columns === 'string' ? JSON.parse(columns) : columns,
  }));
}

function insert({ name, columns }: Table, org: OrgId, isGiven: (column: Column) => boolean): string {
  const given = columns.filter((column) => column.name === 'org_id' || isGiven(column));
  const values = given.map((column) => (column.name === 'org_id' ? `'${uuidOf(org)}'` : column.value));
  return `INSERT INTO "${name}" (${given.map((column) => `"${column.name}"`)}) VALUES (${values})`;
}

/** As the doors ask, within a tenant; nothing of it stays. */
async function askWithin<Result>(
  org: OrgId,
  ask: (tx: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  const undone = new Error('undone');
  let result: Result | undefined;
  await inTenant(db, org, async (tx) => {
    result = await ask(tx);
    throw undone;
  }).catch((failure: unknown) => {
    if (failure !== undone) throw failure;
  });
  return result as Result;
}

/** A text that names no tenant. */
const run = (org: OrgId, text: string) =>
  askWithin(org, (tx) => tx.execute<Record<string, unknown>>(sql.raw(text)));

/** How many there are of a tenant, as whom no policy holds says. */
async function countOf(name: string, org: OrgId): Promise<number> {
  const [, row] = await database.sql.begin(async (client) => [
    // For views that look at one tenant by themselves.
    await client`SELECT set_config('signalbox.org', ${uuidOf(org)}, true)`,
    ...(await client.unsafe<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM "${name}" WHERE org_id = '${uuidOf(org)}'`,
    )),
  ]);
  return (row as { count: number }).count;
}

const refusedByPolicy = { cause: { code: '42501', message: expect.stringContaining('row-level security') } };
const refusedByGrants = { cause: { code: '42501', message: expect.stringContaining('permission denied') } };

/** Every table in turn: what there is is known once the database is there. */
async function forEach(
  isMeant: (table: Table) => boolean,
  check: (table: Table) => Promise<void>,
  least: number,
) {
  const meant = tables.filter(isMeant);
  expect(meant.length).toBeGreaterThanOrEqual(least);
  for (const table of meant)
    await check(table).catch((failure: unknown) => {
      throw new Error(`${table.name}: ${failure instanceof Error ? failure.message : failure}`, {
        cause: failure,
      });
    });
}

describe('a question of the doors that names no tenant', () => {
  test('finds what is its own, of every table that holds somebody’s', async () => {
    await forEach(
      ({ mayRead }) => mayRead,
      async ({ name, kind }) => {
        for (const org of BOTH) {
          const [row] = await run(org, `SELECT count(*)::int AS count FROM "${name}"`);
          expect(row?.count).toBe(await countOf(name, org));
          if (isTable({ kind })) expect(row?.count).toBe(1);
        }
      },
      40,
    );
  });

  test('is refused where the doors have nothing to look for', async () => {
    await forEach(
      ({ mayRead }) => !mayRead,
      async ({ name }) => {
        await expect(run(OURS, `SELECT count(*) FROM "${name}"`)).rejects.toMatchObject(refusedByGrants);
      },
      1,
    );
  });

  test('is refused on a connection that nobody has entered a tenant on', async () => {
    const reader = connectReader({ url: database.url, applicationName: 'test', max: 1 });
    try {
      await forEach(
        ({ mayRead }) => mayRead,
        async ({ name }) => {
          const asked = reader.unsafe(`SELECT count(*) FROM "${name}"`);
          await expect(asked).rejects.toMatchObject({ code: '22P02' });
        },
        40,
      );
    } finally {
      await reader.end({ timeout: 5 });
    }
  });
});

describe('a change by the doors that names no tenant', () => {
  const mayChange = ({ columns }: Table) => columns.some(({ mayUpdate }) => mayUpdate);

  test('changes what is its own and nothing else', async () => {
    await forEach(
      mayChange,
      async ({ name, columns }) => {
        const column =
          columns.find(({ mayUpdate, mayRead }) => mayUpdate && mayRead) ??
          columns.find(({ mayUpdate }) => mayUpdate);
        const changed = await run(
          OURS,
          `WITH changed AS (UPDATE "${name}" SET "${column?.name}" = ${column?.name === 'org_id' ? `'${uuidOf(OURS)}'` : column?.value} RETURNING 1)
           SELECT count(*)::int AS count FROM changed`,
        );
        expect(changed[0]?.count).toBe(await countOf(name, OURS));
      },
      15,
    );
  });

  test('cannot give anything to another tenant', async () => {
    await forEach(
      mayChange,
      async ({ name, columns }) => {
        const mayMove = columns.some((column) => column.name === 'org_id' && column.mayUpdate);
        const given = run(OURS, `UPDATE "${name}" SET org_id = '${uuidOf(THEIRS)}'`);
        await expect(given).rejects.toMatchObject(mayMove ? refusedByPolicy : refusedByGrants);
      },
      15,
    );
  });

  test('puts nothing into another tenant', async () => {
    await forEach(
      ({ columns }) => columns.some(({ name, mayInsert }) => name === 'org_id' && mayInsert),
      async (table) => {
        const put = run(
          OURS,
          insert(table, THEIRS, ({ isOwed, mayInsert }) => isOwed && mayInsert),
        );
        await expect(put).rejects.toMatchObject(refusedByPolicy);
      },
      15,
    );
  });

  test('removes nothing of another tenant', async () => {
    await forEach(
      ({ mayDelete }) => mayDelete,
      async ({ name }) => {
        const removed = await run(
          OURS,
          `WITH removed AS (DELETE FROM "${name}" RETURNING 1) SELECT count(*)::int AS count FROM removed`,
        );
        expect(removed[0]?.count).toBe(await countOf(name, OURS));
      },
      8,
    );
  });
});
