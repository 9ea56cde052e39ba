import { join } from 'node:path';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { StoredTable } from '../pool/protocol.ts';
import type { Column, Database } from './database.ts';
import { quoteName, quoteText } from './quote.ts';

/** Types whose values pass through JSON and back unchanged; a table with any other travels as Parquet. */
const INLINE_TYPES =
  /^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE|UUID|JSON)$/;
const NESTED = /(\[\d*\]$)|^(STRUCT|MAP|UNION)\(/;

/** SQL for a value as it stands in JSON: ISO times, base64 bytes, JSON text for what is nested. */
export function jsonExpression(column: Column): string {
  const name = quoteName(column.name);
  const { type } = column;
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return `regexp_replace(replace(CAST(${name} AS VARCHAR), ' ', 'T'), '\\+00$', 'Z')`;
  }
  if (type.startsWith('TIMESTAMP')) return `replace(CAST(${name} AS VARCHAR), ' ', 'T')`;
  if (type === 'BLOB') return `to_base64(${name})`;
  if (NESTED.test(type)) return `CAST(to_json(${name}) AS VARCHAR)`;
  if (/^(BOOLEAN|U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE)$/.test(type)) return name;
  return `CAST(${name} AS VARCHAR)`;
}

function jsonValue(value: Json, type: string): Json {
  if (value === null) return null;
  if (type === 'BIGINT' || type === 'UBIGINT') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (type.startsWith('DECIMAL') && typeof value === 'string')
    return value.length <= 16 ? Number(value) : value;
  if (type === 'JSON' || NESTED.test(type)) return JSON.parse(String(value)) as Json;
  return value;
}

export async function readRows(
  database: Database,
  source: string,
  limit: { columns: readonly Column[]; rows: number },
): Promise<JsonObject[]> {
  const { columns } = limit;
  const list = columns.map(jsonExpression).join(', ');
  const rows = await database.rows(`SELECT ${list} FROM ${source} LIMIT ${limit.rows}`);
  // fromEntries defines own fields, so that a column called __proto__ is only a column.
  return rows.map(
    (row) =>
      Object.fromEntries(
        columns.map((column, n) => [column.name, jsonValue(row[n] ?? null, column.type)]),
      ) as JsonObject,
  );
}

/** Types that Parquet would bend (HUGEINT becomes a double) or that the next stage cannot name. */
export async function normaliseTypes(database: Database, table: string): Promise<Column[]> {
  const columns = await database.columns(table);
  for (const column of columns) {
    const name = quoteName(column.name);
    const type = await plainType(database, table, column);
    if (type) await database.run(`ALTER TABLE ${table} ALTER COLUMN ${name} SET DATA TYPE ${type}`);
  }
  return database.columns(table);
}

async function plainType(database: Database, table: string, column: Column): Promise<string | null> {
  const { type } = column;
  if (type === 'HUGEINT' || type === 'UHUGEINT' || type === 'BIGNUM') {
    const name = quoteName(column.name);
    const fits = (to: string) => `bool_and(${name} IS NULL OR TRY_CAST(${name} AS ${to}) IS NOT NULL)`;
    const [big, decimal] = await database.row(
      `SELECT ${fits('BIGINT')}, ${fits('DECIMAL(38,0)')} FROM ${table}`,
    );
    if (big !== false) return 'BIGINT';
    return decimal === true ? 'DECIMAL(38,0)' : 'DOUBLE';
  }
  if (type === 'TIMESTAMP_S' || type === 'TIMESTAMP_MS') return 'TIMESTAMP';
  if (/^(ENUM|UNION|VARIANT|BIT|INTERVAL|TIME WITH TIME ZONE|"NULL")/.test(type)) return 'VARCHAR';
  return null;
}

const MAX_INLINE_ROWS = 20_000;
const PREVIEW_ROWS = 20;
const PREVIEW_BYTES = 16_384;

export function withinBytes(rows: JsonObject[], bytes: number): JsonObject[] {
  let used = 2;
  let kept = 0;
  for (const row of rows) {
    used += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (used > bytes) break;
    kept += 1;
  }
  return rows.slice(0, kept);
}

/** JSON.parse would round integers of more digits than a double holds. */
async function holdsLongNumbers(
  database: Database,
  table: string,
  columns: readonly Column[],
): Promise<boolean> {
  const tests = columns
    .filter((column) => column.type === 'JSON')
    .map(
      (column) =>
        `coalesce(bool_or(regexp_matches(CAST(${quoteName(column.name)} AS VARCHAR), '[0-9]{16,}')), FALSE)`,
    );
  if (tests.length === 0) return false;
  const [answer] = await database.row(`SELECT ${tests.join(' OR ')} FROM ${table}`);
  return answer === true;
}

/** Small tables as rows in the message, larger ones as a Parquet file with a preview. */
export async function storeTable(
  database: Database,
  table: string,
  inlineBytes: number,
): Promise<StoredTable> {
  const columns = await normaliseTypes(database, table);
  const [count] = await database.row(`SELECT count(*) FROM ${table}`);
  const rowCount = Number(count);
  const isPlain = columns.every((column) => INLINE_TYPES.test(column.type));
  if (rowCount <= MAX_INLINE_ROWS && isPlain && !(await holdsLongNumbers(database, table, columns))) {
    const first = await readRows(database, table, { columns, rows: 200 });
    const firstBytes = Buffer.byteLength(JSON.stringify(first));
    if (firstBytes <= inlineBytes) {
      const rows = rowCount <= 200 ? first : await readRows(database, table, { columns, rows: rowCount });
      if (Buffer.byteLength(JSON.stringify(rows)) <= inlineBytes) return { columns, rowCount, rows };
    }
  }
  const file = 'table.parquet';
  const path = quoteText(join(database.directory, file));
  await database.run(`COPY ${table} TO ${path} (FORMAT parquet, COMPRESSION zstd)`);
  const preview = withinBytes(
    await readRows(database, table, { columns, rows: PREVIEW_ROWS }),
    PREVIEW_BYTES,
  );
  return { columns, rowCount, file, preview };
}
