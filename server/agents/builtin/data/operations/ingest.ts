import { extname, join } from 'node:path';
import type { JsonObject } from '#server/domain/json.ts';
import { AgentFailure } from '../../../agent.ts';
import type { Database } from '../engine/database.ts';
import { invalidInput, shown } from '../engine/failures.ts';
import { chooseMain, type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadCsv, readJobFile } from '../engine/load-csv.ts';
import { loadJsonRecords } from '../engine/load-json.ts';
import { loadTable } from '../engine/load-tables.ts';
import { quoteName, quoteText } from '../engine/quote.ts';
import { type BadRows, createBadRows } from '../formats/bad-rows.ts';
import { badParquetInside, checkParquet, isParquet } from '../formats/parquet.ts';
import { toUtf8 } from '../formats/text.ts';
import type { ConfigOf, Format } from '../schemas.ts';

type Config = ConfigOf<'data-ingestion'>;

/** By the bytes: what the text begins with says enough to tell our four formats apart. */
export function sniffFormat(bytes: Buffer): Format {
  if (isParquet(bytes)) return 'parquet';
  const start = bytes
    .toString('utf8', 0, 4_096)
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (start.startsWith('[')) return 'json';
  if (start.startsWith('{')) return 'ndjson';
  return 'csv';
}

export function formatOfName(name: string): Format | undefined {
  const extension = extname(name).toLowerCase();
  const known: Record<string, Format> = {
    '.csv': 'csv',
    '.tsv': 'csv',
    '.json': 'json',
    '.ndjson': 'ndjson',
    '.jsonl': 'ndjson',
    '.parquet': 'parquet',
  };
  return Object.hasOwn(known, extension) ? known[extension] : undefined;
}

async function loadParquet(context: JobContext, file: string, bytes: Buffer): Promise<BadRows> {
  checkParquet(bytes);
  try {
    await loadTable(context.database, { name: 'the Parquet file', file, kind: 'parquet' }, MAIN_TABLE);
  } catch (error) {
    // A lack of memory, for one, is no fault of the file.
    if (!(error instanceof AgentFailure) || error.code !== 'QUERY_FAILED') throw error;
    throw badParquetInside(await findDamage(context.database, file));
  }
  return createBadRows('fail', 'BAD_PARQUET');
}

/** Each column is stored by itself, so one after the other tells which cannot be read. A hash needs the values, where a count would do with what the footer says. */
async function findDamage(database: Database, file: string): Promise<string> {
  const source = `read_parquet(${quoteText(join(database.directory, file))})`;
  const names = await database.columns(source).then(
    (columns) => columns.map(({ name }) => name),
    () => null,
  );
  if (names === null) return 'what it says of its columns cannot be read.';
  for (const [at, name] of names.entries()) {
    const isWhole = await database.run(`SELECT bit_xor(hash(${quoteName(name)})) FROM ${source}`).then(
      () => true,
      () => false,
    );
    if (!isWhole) return `its column ${shown(name)} (${at + 1} of ${names.length}) cannot be read.`;
  }
  return 'its rows cannot be read.';
}

async function load(
  context: JobContext,
  config: Config,
  about: { format: Format; bytes: Buffer; file: string },
) {
  const { database } = context;
  if (about.format === 'parquet') return loadParquet(context, about.file, about.bytes);
  const bytes = toUtf8(about.bytes, config.encoding);
  if (about.format === 'csv') {
    const onBatch = (rows: number, of: number) =>
      context.progress(0.3 + 0.5 * (rows / of), `${rows} of ${of} rows`);
    return loadCsv({ database, bytes, target: MAIN_TABLE, config, onBatch });
  }
  const { onBadRow, types, maxRows } = config;
  return loadJsonRecords({
    database,
    bytes,
    lines: about.format === 'ndjson',
    target: MAIN_TABLE,
    onBadRow,
    types,
    maxRows,
  });
}

async function checkRowCount(context: JobContext, config: Config): Promise<number> {
  const [count] = await context.database.row(`SELECT count(*) FROM ${MAIN_TABLE}`);
  const rows = Number(count);
  if (config.maxRows !== undefined && rows > config.maxRows) {
    throw invalidInput(
      'TOO_MANY_ROWS',
      `The input holds ${rows} rows, and "maxRows" allows ${config.maxRows}.`,
    );
  }
  return rows;
}

/** Reads text or a file into a table, exactly or not at all. */
export async function ingest(context: JobContext, config: Config): Promise<OperationResult> {
  const input = chooseMain(context.inputs, undefined);
  const startedMs = performance.now();
  if (input.kind !== 'raw') {
    await loadTable(context.database, input, MAIN_TABLE);
    const rows = await checkRowCount(context, config);
    context.log('info', `Took over ${rows} rows that came as a table.`, { rows });
    return {
      body: { ingestion: { format: 'rows', rowCount: rows, skippedRows: 0 } },
      table: MAIN_TABLE,
      tablePlace: 'top',
    };
  }
  const bytes = await readJobFile(context.database, input.file);
  const format = config.format ?? input.format ?? sniffFormat(bytes);
  context.progress(0.1, `reading ${format}`);
  const bad = await load(context, config, { format, bytes, file: input.file });
  const rows = await checkRowCount(context, config);
  const durationMs = Math.round(performance.now() - startedMs);
  context.log('info', `Read ${rows} rows of ${format}.`, { rows, bytes: bytes.length, durationMs });
  if (bad.count() > 0) context.log('warn', `Left out ${bad.count()} bad rows.`, { skippedRows: bad.count() });
  const skipped: JsonObject = bad.count() > 0 ? { skipped: bad.samples() } : {};
  return {
    body: {
      ingestion: { format, bytes: bytes.length, rowCount: rows, skippedRows: bad.count(), ...skipped },
    },
    table: MAIN_TABLE,
    tablePlace: 'top',
  };
}
