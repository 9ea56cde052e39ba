import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BadRows, badRowMessage, createBadRows } from '../formats/bad-rows.ts';
import { type CsvDialect, type CsvRecord, scanCsv, splitRecord } from '../formats/scan-csv.ts';
import { type ConfigOf, duckdbType } from '../schemas.ts';
import type { Column, Database } from './database.ts';
import { fromEngine, invalidInput, listed, shown } from './failures.ts';
import { inferTypes } from './infer-types.ts';
import { freshName, quoteName, quoteText, usableNames } from './quote.ts';
import { columnsArgument } from './read-lines.ts';

export interface CsvSource {
  database: Database;
  bytes: Buffer;
  target: string;
  config: ConfigOf<'data-ingestion'>;
  onBatch(rows: number, of: number): void;
}

const BAD_CSV = 'BAD_CSV';
const RAW = '"raw text"';
const MAX_BATCHES = 1_000;
/** DuckDB's own measure; it keeps buffers of sixteen times as much. */
const MAX_RECORD_BYTES = 2_097_152;
const MAX_COLUMNS = 10_000;

interface Scan {
  names: string[];
  /** Where each good record begins, to name its line if a value of it does not fit its type. */
  lines: Uint32Array;
  count: number;
  /** Only when bad rows were left out or the header was rewritten: the good records. */
  pieces: Buffer[];
}

function growing(): { push(value: number): void; all(): Uint32Array; length(): number } {
  let values = new Uint32Array(4_096);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const larger = new Uint32Array(length * 2);
        larger.set(values);
        values = larger;
      }
      values[length] = value;
      length += 1;
    },
    all: () => values.subarray(0, length),
    length: () => length,
  };
}

function headerOf(source: CsvSource, record: CsvRecord, dialect: CsvDialect): string[] {
  if (record.fields > MAX_COLUMNS) {
    throw invalidInput(
      'TOO_MANY_COLUMNS',
      `Line ${record.line} names ${record.fields} columns; ${MAX_COLUMNS} are the most.`,
    );
  }
  if (!source.config.header) return usableNames(Array.from({ length: record.fields }, () => ''));
  return usableNames(splitRecord(source.bytes, record, dialect));
}

/** One pass over the bytes: names, places and faults. DuckDB then reads only what this has found good. */
function scan(source: CsvSource, dialect: CsvDialect, bad: BadRows): Scan {
  const { bytes, config } = source;
  const lines = growing();
  const pieces: Buffer[] = [];
  let names: string[] | null = null;
  let pieceStart = -1;
  let pieceEnd = -1;
  const records = scanCsv(bytes, dialect, (row) => {
    // Without a header nothing after it can be understood.
    if (names === null)
      throw invalidInput(BAD_CSV, badRowMessage(row), { line: row.line, column: row.column });
    bad.report(row);
  });
  for (const record of records) {
    if (record.fields === 0 && (names === null || names.length > 1)) continue;
    if (names === null) {
      names = headerOf(source, record, dialect);
      if (config.header) continue;
    }
    const fields = Math.max(record.fields, 1);
    if (record.end - record.start >= MAX_RECORD_BYTES) {
      const text = bytes.toString('utf8', record.start, record.start + 80);
      bad.report({ line: record.line, column: 1, reason: 'the record is longer than 2 MiB.', text });
      continue;
    }
    if (fields !== names.length) {
      const text = bytes.toString('utf8', record.start, Math.min(record.end, record.start + 400));
      const reason = `there are ${fields} values, and the ${config.header ? 'header names' : 'first line has'} ${names.length}.`;
      bad.report({ line: record.line, column: 1, reason, text });
      continue;
    }
    lines.push(record.line);
    if (config.maxRows !== undefined && lines.length() > config.maxRows) {
      throw invalidInput(
        'TOO_MANY_ROWS',
        `The input holds more than the ${config.maxRows} rows that "maxRows" allows.`,
      );
    }
    if (record.start !== pieceEnd) {
      if (pieceStart >= 0) pieces.push(bytes.subarray(pieceStart, pieceEnd));
      pieceStart = record.start;
    }
    pieceEnd = nextLine(bytes, record.end);
  }
  if (pieceStart >= 0) pieces.push(bytes.subarray(pieceStart, pieceEnd));
  if (names === null) throw invalidInput('NO_COLUMNS', 'The file is empty: not even a header stands in it.');
  return { names, lines: lines.all(), count: lines.length(), pieces };
}

function nextLine(bytes: Buffer, end: number): number {
  let at = end;
  if (bytes[at] === 0x0d) at += 1;
  if (bytes[at] === 0x0a) at += 1;
  return at;
}

function columnsOf(names: readonly string[], config: CsvSource['config']): Column[] {
  const types = new Map(Object.entries(config.types));
  const unknown = [...types.keys()].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw invalidInput(
      'UNKNOWN_COLUMN',
      `"types" names columns that the file does not have: ${listed(unknown)}. It has ${listed(names)}.`,
    );
  }
  return names.map((name) => {
    const wanted = types.get(name);
    return { name, type: wanted ? duckdbType(wanted) : 'VARCHAR' };
  });
}

async function readRaw(source: CsvSource, found: Scan): Promise<void> {
  const { database, config } = source;
  const path = join(database.directory, 'records.csv');
  await writeFile(path, found.pieces, { mode: 0o600 });
  const columns = found.names.map((name) => ({ name, type: 'VARCHAR' }));
  const nulls = config.nullStrings.map(quoteText).join(', ');
  // allow_quoted_nulls off: "" in quotes is an empty text, nothing between commas is no value.
  const options = [
    'auto_detect = false',
    'header = false',
    `delim = ${quoteText(config.delimiter)}`,
    `quote = ${quoteText(config.quote)}`,
    `escape = ${quoteText(config.quote)}`,
    `nullstr = [${nulls}]`,
    'allow_quoted_nulls = false',
    'strict_mode = true',
    'null_padding = false',
    `max_line_size = ${MAX_RECORD_BYTES}`,
    'parallel = false',
    `columns = ${columnsArgument(columns)}`,
  ];
  await database.run(
    `CREATE TABLE ${RAW} AS SELECT * FROM read_csv(${quoteText(path)}, ${options.join(', ')})`,
  );
  const [count] = await database.row(`SELECT count(*) FROM ${RAW}`);
  if (Number(count) !== found.count) {
    throw invalidInput(
      BAD_CSV,
      `The file holds ${found.count} records, and ${count} could be read. Its line ends or quotes are mixed; save it again as plain CSV.`,
    );
  }
}

function misfitSql(column: Column): string {
  const name = quoteName(column.name);
  return `(${name} IS NOT NULL AND TRY_CAST(${name} AS ${column.type}) IS NULL)`;
}

/** Values that do not fit the type asked for: fail at the first, or leave their rows out. */
async function removeMisfits(
  source: CsvSource,
  found: Scan,
  about: { columns: Column[]; bad: BadRows },
): Promise<void> {
  const { database } = source;
  const typed = about.columns.filter((column) => column.type !== 'VARCHAR');
  const seen = new Set<number>();
  for (const column of typed) {
    const place = quoteName(freshName('place', [column.name]));
    const rows = await database.rows(
      `SELECT ${place}, ${quoteName(column.name)} FROM (SELECT row_number() OVER () AS ${place}, ${quoteName(column.name)} FROM ${RAW}) WHERE ${misfitSql(column)} ORDER BY ${place}`,
    );
    for (const [number, value] of rows) {
      const row = Number(number);
      if (seen.has(row)) continue;
      seen.add(row);
      const reason = `the value of ${shown(column.name)} must be ${column.type}.`;
      const index = about.columns.indexOf(column) + 1;
      about.bad.report({ line: found.lines[row - 1] ?? 0, column: index, reason, text: String(value) });
    }
  }
  if (seen.size > 0) await database.run(`DELETE FROM ${RAW} WHERE ${typed.map(misfitSql).join(' OR ')}`);
}

async function convert(source: CsvSource, columns: Column[]): Promise<void> {
  const { database, target, config } = source;
  const list = columns
    .map(({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`)
    .join(', ');
  const [count] = await database.row(`SELECT count(*) FROM ${RAW}`);
  const total = Number(count);
  const size = Math.max(config.batchSize, Math.ceil(total / MAX_BATCHES));
  await database.run(`CREATE TABLE ${target} AS SELECT ${list} FROM ${RAW} LIMIT 0`);
  for (let from = 0; from < total; from += size) {
    // Not by rowid: a column of the file may bear that name.
    await database.run(
      `INSERT INTO ${target} SELECT ${list} FROM (SELECT * FROM ${RAW} LIMIT ${size} OFFSET ${from})`,
    );
    source.onBatch(Math.min(total, from + size), total);
  }
}

export async function loadCsv(source: CsvSource): Promise<BadRows> {
  const { database, config } = source;
  const dialect = { delimiter: config.delimiter.charCodeAt(0), quote: config.quote.charCodeAt(0) };
  if (dialect.delimiter === dialect.quote) {
    throw invalidInput('CONFIG_INVALID', '"delimiter" and "quote" must differ.');
  }
  const bad = createBadRows(config.onBadRow, BAD_CSV);
  const found = scan(source, dialect, bad);
  const wanted = columnsOf(found.names, config);
  try {
    await readRaw(source, found);
    await removeMisfits(source, found, { columns: wanted, bad });
    const open = wanted.filter((column) => !Object.hasOwn(config.types, column.name));
    const inferred = new Map((await inferTypes(database, RAW, open)).map((c) => [c.name, c.type]));
    const columns = wanted.map((c) => ({ name: c.name, type: inferred.get(c.name) ?? c.type }));
    await convert(source, columns);
    await database.run(`DROP TABLE ${RAW}`);
  } catch (error) {
    throw fromEngine(error, 'The CSV file cannot be read');
  }
  return bad;
}

/** Kept here so that callers read a job's file in one way. */
export function readJobFile(database: Database, file: string): Promise<Buffer> {
  return readFile(join(database.directory, file));
}
