import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BadRows, createBadRows } from '../formats/bad-rows.ts';
import { type ConfigOf, duckdbType } from '../schemas.ts';
import type { Column, Database } from './database.ts';
import { fromEngine, invalidInput, listed, shown } from './failures.ts';
import { inferTypes } from './infer-types.ts';
import { freshName, quoteName } from './quote.ts';
import { readCsvRaw } from './read-csv-raw.ts';
import { BAD_CSV, type CsvSurvey, surveyCsv } from './survey-csv.ts';

export interface CsvSource {
  database: Database;
  bytes: Buffer;
  target: string;
  config: ConfigOf<'data-ingestion'>;
  onBatch(rows: number, of: number): void;
}

const RAW = '"raw text"';
const MAX_BATCHES = 1_000;

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

function misfitSql(column: Column): string {
  const name = quoteName(column.name);
  return `(${name} IS NOT NULL AND TRY_CAST(${name} AS ${column.type}) IS NULL)`;
}

/** Values that do not fit the type asked for: fail at the first, or leave their rows out. */
async function removeMisfits(
  source: CsvSource,
  found: CsvSurvey,
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
  const found = surveyCsv({ bytes: source.bytes, dialect, config, bad });
  const wanted = columnsOf(found.names, config);
  try {
    await readCsvRaw({ database, bytes: source.bytes, dialect, config, survey: found, target: RAW });
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
