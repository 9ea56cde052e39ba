import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column } from '../engine/database.ts';
import { fromEngine } from '../engine/failures.ts';
import { type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadInputs } from '../engine/load-tables.ts';
import { quoteName, quoteText, usableNames } from '../engine/quote.ts';
import { jsonExpression, normaliseTypes, readRows } from '../engine/store-table.ts';
import type { ConfigOf, Format } from '../schemas.ts';

type Config = ConfigOf<'output'>;

const CONTENT_TYPES: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

/** First characters that make a spreadsheet run a cell, also in full width. */
const FORMULA_START = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const FORMULA_START_RE2 = '^[=+\\-@\\t\\r\\n\\x{FF1D}\\x{FF0B}\\x{FF0D}\\x{FF20}]';

function csvExpression(column: Column, formulaSafe: boolean): string {
  const plain = jsonExpression(column);
  const isText = /^(VARCHAR|JSON|BLOB)$/.test(column.type) || /[\])]$/.test(column.type);
  if (!formulaSafe || !isText || column.type.startsWith('DECIMAL')) return plain;
  return `CASE WHEN regexp_matches(${plain}, ${quoteText(FORMULA_START_RE2)}) THEN '''' || ${plain} ELSE ${plain} END`;
}

/** JSON has no NaN and no infinity: they become null. */
function finite(column: Column): string {
  const name = quoteName(column.name);
  if (/^(DOUBLE|FLOAT)$/.test(column.type)) return `CASE WHEN isfinite(${name}) THEN ${name} END`;
  if (/^(JSON|DECIMAL|HUGEINT)/.test(column.type) || /(\]$)|^(STRUCT|MAP)/.test(column.type)) return name;
  return jsonExpression(column);
}

export function outputSelect(columns: readonly Column[], config: Config): string {
  if (config.format === 'parquet') return `SELECT * FROM ${MAIN_TABLE}`;
  const isCsv = config.format === 'csv';
  const guarded = columns.map((c) =>
    isCsv && config.formulaSafe && FORMULA_START.test(c.name) ? `'${c.name}` : c.name,
  );
  const titles = usableNames(guarded);
  const list = columns.map((column, n) => {
    const value = isCsv ? csvExpression(column, config.formulaSafe) : finite(column);
    return `${value} AS ${quoteName(titles[n] ?? column.name)}`;
  });
  return `SELECT ${list.join(', ')} FROM ${MAIN_TABLE}`;
}

function copyOptions(config: Config): string {
  switch (config.format) {
    case 'csv':
      return `FORMAT csv, HEADER ${config.header}, DELIMITER ${quoteText(config.delimiter)}`;
    case 'json':
      return 'FORMAT json, ARRAY true';
    case 'ndjson':
      return 'FORMAT json, ARRAY false';
    case 'parquet':
      return 'FORMAT parquet, COMPRESSION zstd';
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Writes the table as a file that people take away. */
export async function writeOutput(context: JobContext, config: Config): Promise<OperationResult> {
  const { database } = context;
  await loadInputs(context, config.from);
  const columns = await normaliseTypes(database, MAIN_TABLE);
  const file = `output.${config.format}`;
  const path = join(database.directory, file);
  const startedMs = performance.now();
  try {
    await database.run(
      `COPY (${outputSelect(columns, config)}) TO ${quoteText(path)} (${copyOptions(config)})`,
    );
  } catch (error) {
    throw fromEngine(error, `Writing ${config.format}`);
  }
  context.progress(0.8, 'written');
  const { size: bytes } = await stat(path);
  const [count] = await database.row(`SELECT count(*) FROM ${MAIN_TABLE}`);
  const name = config.name ?? file;
  const durationMs = Math.round(performance.now() - startedMs);
  context.log('info', `Wrote ${count} rows as ${name} (${bytes} bytes).`, {
    rows: Number(count),
    bytes,
    durationMs,
  });
  const preview = await readRows(database, MAIN_TABLE, { columns, rows: config.previewRows });
  return {
    body: {
      name,
      format: config.format,
      contentType: CONTENT_TYPES[config.format],
      rowCount: Number(count),
      bytes,
      sha256: await sha256Of(path),
      preview,
    },
    tablePlace: 'top',
    artefact: { file, contentType: CONTENT_TYPES[config.format], name },
  };
}
