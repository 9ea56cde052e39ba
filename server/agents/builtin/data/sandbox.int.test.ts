import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '#server/domain/json.ts';
import { type Database, openDatabase } from './engine/database.ts';
import { createHarness, failureOf } from './testing/harness.ts';

const outside = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-test-')));
const secret = join(outside, 'secret.csv');
const target = join(outside, 'written.csv');
const harness = createHarness();

beforeAll(() => writeFileSync(secret, 'a\nsecret\n'));
afterAll(async () => {
  await harness.stop();
  rmSync(outside, { recursive: true });
});

const rows = [{ a: 1 }];
const runSql = (sql: string) => failureOf(harness.run('transformation', rows, { config: { sql } }));

/** Every way out that we know of; each is tried through an agent and straight at the engine. */
const ESCAPES = [
  `SELECT * FROM read_csv('${secret}')`,
  `sElEcT * FrOm ReAd_CsV('${secret}')`,
  `SELECT * FROM "read_csv"('${secret}')`,
  `SELECT * FROM '${secret}'`,
  `SELECT * FROM "${secret}"`,
  `SELECT (SELECT count(*) FROM read_text('${secret}'))`,
  `WITH x AS MATERIALIZED (SELECT * FROM read_blob('${secret}')) SELECT * FROM x`,
  `SELECT * FROM input WHERE a IN (SELECT length(content) FROM read_text('${secret}'))`,
  "SELECT * FROM glob('/**')",
  "SELECT * FROM read_text('/proc/self/environ')",
  "SELECT * FROM read_parquet('https://example.org/x.parquet')",
  "SELECT * FROM 'https://example.org/x.csv'",
  "SELECT * FROM read_csv('s3://bucket/x.csv')",
  `SELECT * FROM sniff_csv('${secret}')`,
  `SELECT * FROM parquet_metadata('${secret}')`,
  `COPY (SELECT 1) TO '${target}'`,
  `COPY input FROM '${secret}'`,
  `ATTACH '${join(outside, 'x.db')}'`,
  `EXPORT DATABASE '${join(outside, 'all')}'`,
  `IMPORT DATABASE '${outside}'`,
  'INSTALL httpfs',
  'LOAD httpfs',
  `LOAD '${join(outside, 'x.duckdb_extension')}'`,
  "SELECT getenv('HOME')",
  'SET threads = 4',
  'SET enable_external_access = true',
  'RESET lock_configuration',
  "SET allowed_directories = ['/']",
  "PRAGMA memory_limit='10GB'",
  `SELECT * FROM query('SELECT * FROM read_csv(''${secret}'')')`,
];

describe.each(ESCAPES)('%s', (sql) => {
  test('is refused as the SQL of a stage', async () => {
    const failure = await runSql(sql);
    expect(failure.errorClass).toBe('invalid-input');
    expect(['SQL_REFUSED', 'SQL_INVALID']).toContain(failure.code);
  });
});

describe('the engine itself, should the check of the SQL ever let something through', () => {
  let database: Database;
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-engine-')));
  beforeAll(async () => {
    database = await openDatabase({ directory, memoryMb: 128, spillMb: 10, threads: 1 });
    await database.run('CREATE TABLE input AS SELECT 1 AS a');
  });
  afterAll(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  test.each(ESCAPES)('refuses %s', async (sql) => {
    await expect(database.rows(sql)).rejects.toThrow();
  });

  test.each([
    'EXECUTE nothing',
    `SELECT * FROM read_csv('${directory}/../${outside.split('/').at(-1)}/secret.csv')`,
  ])('refuses %s', async (sql) => {
    await expect(database.rows(sql)).rejects.toThrow();
  });

  test('has left nothing outside', () => {
    expect(existsSync(target)).toBe(false);
    expect(existsSync(join(outside, 'x.db'))).toBe(false);
    expect(existsSync(join(outside, 'all'))).toBe(false);
  });
});

test.each([
  ['two statements', 'SELECT 1; DROP TABLE input'],
  ['a statement behind a comment', 'SELECT 1 /* ; */; DELETE FROM input'],
  ['a change', 'DELETE FROM input'],
  ['a new table', 'CREATE TABLE x AS SELECT 1'],
  ['a system table', 'SELECT * FROM duckdb_settings()'],
  ['a system view', 'SELECT * FROM information_schema.tables'],
  ['a setting', "SELECT current_setting('temp_directory')"],
  ['a setting by method call', "SELECT ['temp_directory'].current_setting()"],
])('%s is refused as SQL', async (_what, sql) => {
  expect((await runSql(sql)).code).toBe('SQL_REFUSED');
});

test.each([
  'a) AS b, (a',
  'a) FROM input; DROP TABLE input; SELECT (1',
  `(SELECT max(content) FROM read_text('${secret}'))`,
  'a) AS value_of_expression FROM input --',
  'a) AS value_of_expression FROM input /*',
])('the expression %s cannot break out of its step', async (sql) => {
  const steps = [{ op: 'derive', column: 'b', sql }];
  const failure = await failureOf(harness.run('transformation', rows, { config: { steps } }));
  expect(['SQL_REFUSED', 'SQL_INVALID']).toContain(failure.code);
});

test('names in a config are only names', async () => {
  const evil = `x"; ATTACH '${target}'; --`;
  const steps: Json[] = [
    { op: 'rename', columns: { a: evil } },
    { op: 'derive', column: `${evil}2`, sql: '1' },
    { op: 'filter', where: [{ column: evil, op: 'eq', value: 1 }] },
    { op: 'aggregate', groupBy: [evil], measures: [{ fn: 'count', as: `${evil}3` }] },
  ];
  const output = await harness.run('transformation', rows, { config: { steps } });
  expect(output.rows).toEqual([{ [evil]: 1, [`${evil}3`]: 1 }]);
  expect(existsSync(target)).toBe(false);
});

test('the name of a file as a table is no way to read it', async () => {
  const steps = [{ op: 'join', with: secret, on: [{ left: 'a', right: 'a' }] }];
  expect(await failureOf(harness.run('transformation', rows, { config: { steps } }))).toMatchObject({
    code: 'WHICH_TABLE',
  });
  const column = { rule: 'foreign_key', column: 'a', table: secret, references: 'a' };
  expect(await failureOf(harness.run('validation', rows, { config: { rules: [column] } }))).toMatchObject({
    code: 'WHICH_TABLE',
  });
  expect(await failureOf(harness.run('output', rows, { config: { name: '../../etc/x' } }))).toMatchObject({
    code: 'CONFIG_INVALID',
  });
});

test('types in a table from a stranger are not run as SQL', async () => {
  const columns = [{ name: 'a', type: "BIGINT); ATTACH 'x'; --" }];
  expect(await failureOf(harness.run('transformation', { rows, columns }))).toMatchObject({
    code: 'BAD_TABLE',
  });
});

test.each([
  'http://169.254.169.254/latest',
  'https://example.org/x.csv',
  's3://bucket/x',
  'file:///etc/passwd',
  '/etc/passwd',
])('the source %s is not opened, and the message says what to use instead', async (source) => {
  const failure = await failureOf(harness.run('data-ingestion', { source, format: 'csv' }));
  expect(failure).toMatchObject({ code: 'SOURCE_NOT_FETCHED', errorClass: 'invalid-input' });
  expect(failure.message).toContain('"data"');
});
