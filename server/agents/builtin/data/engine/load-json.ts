import { join } from 'node:path';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { type BadRow, type BadRows, badRowMessage, createBadRows } from '../formats/bad-rows.ts';
import {
  depthOf,
  type JsonRecord,
  MAX_JSON_DEPTH,
  placeOf,
  scanArray,
  scanLines,
} from '../formats/scan-json.ts';
import { type ColumnType, duckdbType } from '../schemas.ts';
import type { Column, Database } from './database.ts';
import { fromEngine, invalidInput, listed } from './failures.ts';
import { createLineFile } from './line-file.ts';
import { quoteName, usableNames } from './quote.ts';
import { createFromLines, MAX_OBJECT_BYTES } from './read-lines.ts';
import { removeMisfits } from './remove-misfits.ts';

export interface JsonSource {
  database: Database;
  bytes: Buffer;
  /** One object a line, rather than one array of objects. */
  lines: boolean;
  target: string;
  onBadRow: 'fail' | 'skip';
  types: Record<string, ColumnType>;
  maxRows?: number | undefined;
}

const BAD_JSON = 'BAD_JSON';
const RAW = '"raw text"';
const MAX_COLUMNS = 10_000;
/** Above this a double can no longer count, and DuckDB's BIGINT ends. */
const MAX_BIGINT = 9.2e18;

type Seen = 'null' | 'boolean' | 'integer' | 'number' | 'text' | 'json';

function seenType(value: Json): Seen {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < MAX_BIGINT ? 'integer' : 'number';
  return typeof value === 'string' ? 'text' : 'json';
}

/** The type that holds both: numbers widen, anything else that differs is kept as JSON. */
function widen(a: Seen, b: Seen): Seen {
  if (a === b || b === 'null') return a;
  if (a === 'null') return b;
  const numbers = (t: Seen) => t === 'integer' || t === 'number';
  return numbers(a) && numbers(b) ? 'number' : 'json';
}

const SEEN_AS: Record<Seen, string> = {
  null: 'VARCHAR',
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE',
  text: 'VARCHAR',
  json: 'JSON',
};

function parseRecord(record: JsonRecord, bad: BadRows): JsonObject | null {
  if (record.text.length > MAX_OBJECT_BYTES / 4) {
    bad.report({
      line: record.line,
      column: record.column,
      reason: 'the record is longer than 4 Mi characters.',
      text: record.text.slice(0, 80),
    });
    return null;
  }
  if (depthOf(record.text) > MAX_JSON_DEPTH) {
    const reason = `values are nested deeper than ${MAX_JSON_DEPTH} levels.`;
    bad.report({ line: record.line, column: record.column, reason, text: record.text.slice(0, 80) });
    return null;
  }
  let value: Json;
  try {
    value = JSON.parse(record.text) as Json;
  } catch {
    const place = placeOf(record);
    bad.report({ ...place, text: record.text.trim().slice(0, 80) });
    return null;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  bad.report({
    line: record.line,
    column: record.column,
    reason: 'each record must be a JSON object.',
    text: record.text.slice(0, 80),
  });
  return null;
}

interface Survey {
  seen: Map<string, Seen>;
  rows: number;
  /** Where each good record begins. */
  lines: number[];
}

function survey(
  source: JsonSource,
  bad: BadRows,
  onRecord: (record: JsonRecord, value: JsonObject) => void,
): Survey {
  const fault = (row: BadRow): never => {
    throw invalidInput(BAD_JSON, badRowMessage(row), { line: row.line, column: row.column });
  };
  const records = source.lines ? scanLines(source.bytes) : scanArray(source.bytes, fault);
  const found: Survey = { seen: new Map(), rows: 0, lines: [] };
  for (const record of records) {
    const value = parseRecord(record, bad);
    if (!value) continue;
    found.rows += 1;
    found.lines.push(record.line);
    if (source.maxRows !== undefined && found.rows > source.maxRows) {
      throw invalidInput(
        'TOO_MANY_ROWS',
        `The input holds more than the ${source.maxRows} rows that "maxRows" allows.`,
      );
    }
    for (const [key, item] of Object.entries(value)) {
      found.seen.set(key, widen(found.seen.get(key) ?? 'null', seenType(item)));
      if (found.seen.size > MAX_COLUMNS) {
        throw invalidInput('TOO_MANY_COLUMNS', `The records have more than ${MAX_COLUMNS} different names.`);
      }
    }
    onRecord(record, value);
  }
  return found;
}

function decideColumns(
  found: Survey,
  types: Record<string, ColumnType>,
): { keys: string[]; columns: Column[] } {
  const keys = [...found.seen.keys()];
  const names = usableNames(keys);
  const typeOf = new Map(Object.entries(types));
  const columns = keys.map((key, n) => {
    const wanted = typeOf.get(key);
    return {
      name: names[n] ?? key,
      type: wanted ? duckdbType(wanted) : SEEN_AS[found.seen.get(key) ?? 'null'],
    };
  });
  const missing = [...typeOf.keys()].filter((key) => !found.seen.has(key));
  if (found.rows > 0 && missing.length > 0) {
    throw invalidInput('UNKNOWN_COLUMN', `"types" names columns that no record has: ${listed(missing)}.`);
  }
  for (const key of missing) columns.push({ name: key, type: duckdbType(types[key] ?? 'text') });
  return { keys, columns };
}

/** Types that were asked for are given after reading, so that a value that does not fit can be named. */
async function createTyped(
  source: JsonSource,
  about: { path: string; columns: Column[]; lines: number[]; bad: BadRows },
): Promise<void> {
  const { database, target } = source;
  const { path, columns, lines, bad } = about;
  const asked = new Set(Object.keys(source.types));
  try {
    if (asked.size === 0) return await createFromLines(database, { path, target, columns });
    const texts = columns.map(({ name, type }) => ({ name, type: asked.has(name) ? 'VARCHAR' : type }));
    await createFromLines(database, { path, target: RAW, columns: texts });
    const wanted = columns.map((column) =>
      asked.has(column.name) ? column : { ...column, type: 'VARCHAR' },
    );
    await removeMisfits(database, RAW, { columns: wanted, lines, bad });
    const list = columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`);
    await database.run(`CREATE TABLE ${target} AS SELECT ${list.join(', ')} FROM ${RAW}`);
    await database.run(`DROP TABLE ${RAW}`);
  } catch (error) {
    throw fromEngine(error, 'The records cannot be read');
  }
}

/** Reads records into `target`: strings stay text, nested values stay JSON, so that no value changes. */
export async function loadJsonRecords(source: JsonSource): Promise<BadRows> {
  const bad = createBadRows(source.onBadRow, BAD_JSON);
  const path = join(source.database.directory, 'records.ndjson');
  const file = createLineFile(path);
  const found = survey(source, bad, (record) =>
    file.add(source.lines ? record.text : record.text.replace(/[\r\n]/g, ' ')),
  );
  file.close();
  const { keys, columns } = decideColumns(found, source.types);
  if (columns.length === 0) {
    throw invalidInput(
      'NO_COLUMNS',
      'The input holds no rows, so its columns are unknown. Name them in "types", or give it rows.',
    );
  }
  // Keys that DuckDB cannot tell apart or cannot bear are given other names in the records themselves.
  const renamed = keys.some((key, n) => key !== columns[n]?.name);
  if (renamed) {
    const again = createLineFile(path);
    const nameOf = new Map(keys.map((key, n) => [key, columns[n]?.name ?? key]));
    survey(source, createBadRows('skip', BAD_JSON), (_record, value) => {
      again.add(
        JSON.stringify(Object.fromEntries(Object.entries(value).map(([k, v]) => [nameOf.get(k) ?? k, v]))),
      );
    });
    again.close();
  }
  await createTyped(source, { path, columns, lines: found.lines, bad });
  return bad;
}
