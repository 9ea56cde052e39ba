import { extname } from 'node:path';
import type { JsonObject } from '#server/domain/json.ts';
import { invalidInput } from '../engine/failures.ts';
import { chooseMain, type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadCsv, readJobFile } from '../engine/load-csv.ts';
import { loadJsonRecords } from '../engine/load-json.ts';
import { loadTable } from '../engine/load-tables.ts';
import { type BadRows, badRowMessage, createBadRows } from '../formats/bad-rows.ts';
import { toUtf8 } from '../formats/text.ts';
import type { ConfigOf, Format } from '../schemas.ts';

type Config = ConfigOf<'data-ingestion'>;

const PARQUET_MARK = Buffer.from('PAR1');

/** By the bytes: what the text begins with says enough to tell our four formats apart. */
export function sniffFormat(bytes: Buffer): Format {
  if (bytes.subarray(0, 4).equals(PARQUET_MARK)) return 'parquet';
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
  if (!bytes.subarray(0, 4).equals(PARQUET_MARK) || !bytes.subarray(-4).equals(PARQUET_MARK)) {
    const row = {
      line: 1,
      column: 1,
      reason: 'this is not a Parquet file.',
      text: bytes.toString('latin1', 0, 16),
    };
    throw invalidInput('BAD_PARQUET', badRowMessage(row));
  }
  await loadTable(context.database, { name: 'the Parquet file', file, kind: 'parquet' }, MAIN_TABLE);
  return createBadRows('fail', 'BAD_PARQUET');
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
