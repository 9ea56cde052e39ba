import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BadRows, createBadRows } from '../formats/bad-rows.ts';
import { type ConfigOf, duckdbType } from '../schemas.ts';
import type { Column, Database } from './database.ts';
import { fromEngine, invalidInput, listed } from './failures.ts';
import { inferTypes } from './infer-types.ts';
import { quoteName } from './quote.ts';
import { readCsvRaw } from './read-csv-raw.ts';
import { removeMisfits } from './remove-misfits.ts';
import { BAD_CSV, surveyCsv } from './survey-csv.ts';

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
    await removeMisfits(database, RAW, { columns: wanted, lines: found.lines, bad });
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
