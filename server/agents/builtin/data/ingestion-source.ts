import type { Json, JsonObject } from '#server/domain/json.ts';
import { invalidInput, shown } from './engine/failures.ts';
import { formatOfName } from './operations/ingest.ts';
import { FORMATS, type Format } from './schemas.ts';
import { isObject, type TableSource, toRef, toTable } from './tables.ts';

/** What an ingestion stage reads, and what its input says about the format. */
export interface IngestionSource {
  source: TableSource | { kind: 'text'; text: string };
  format?: Format;
}

const TYPE_FORMATS: readonly [RegExp, Format][] = [
  [/parquet/, 'parquet'],
  [/ndjson|jsonl|json-seq/, 'ndjson'],
  [/json/, 'json'],
  [/csv|tab-separated/, 'csv'],
];

function formatOfRef(ref: { contentType: string; name?: string }): Format | undefined {
  const byName = ref.name === undefined ? undefined : formatOfName(ref.name);
  return byName ?? TYPE_FORMATS.find(([pattern]) => pattern.test(ref.contentType))?.[1];
}

function refuseAddress(address: string): never {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') {
    throw invalidInput(
      'SOURCE_NOT_FETCHED',
      `The source ${shown(address)} is a web address, and this stage reads only what it is handed. Fetch it in a stage before this one, or give its text as "data", or upload it and give its "object".`,
    );
  }
  if (scheme === 's3' || scheme === 'gs' || scheme === 'az') {
    throw invalidInput(
      'SOURCE_NOT_FETCHED',
      `The source ${shown(address)} lies in a cloud bucket, and this stage holds no keys to one. Give the text as "data", or upload the file and give its "object".`,
    );
  }
  throw invalidInput(
    'SOURCE_NOT_FETCHED',
    `The source ${shown(address)} would be a file of the server, and this stage opens none. Give the text as "data", or upload the file and give its "object".`,
  );
}

function formatOf(value: Json | undefined): Format | undefined {
  if (value === undefined || value === null) return undefined;
  const known = FORMATS.find((format) => format === value);
  if (known) return known;
  throw invalidInput(
    'CONFIG_INVALID',
    `The format ${shown(String(value))} is none of ${FORMATS.join(', ')}.`,
  );
}

function fromFields(input: JsonObject): IngestionSource | null {
  const format = formatOf(input.format);
  const told = format ? { format } : {};
  const data = input.data;
  if (typeof data === 'string') return { source: { kind: 'text', text: data }, ...told };
  const inline = data === undefined ? null : toTable(data);
  if (inline) return { source: inline };
  if (data !== undefined) throw invalidInput('BAD_INPUT', '"data" must be text, or an array of objects.');
  const ref = toRef(input.object);
  if (ref) {
    const guess = format ?? formatOfRef(ref);
    return { source: { kind: 'raw', ref }, ...(guess ? { format: guess } : {}) };
  }
  if (input.object !== undefined) {
    throw invalidInput('BAD_INPUT', '"object" must be a reference: {"$object", "bytes", "contentType"}.');
  }
  const address = input.source ?? input.data_source;
  if (typeof address === 'string') return refuseAddress(address);
  return null;
}

/** Looks for data in the input; `input_data` is how a run's input wraps it. */
export function findSource(input: Json): IngestionSource {
  if (typeof input === 'string') return { source: { kind: 'text', text: input } };
  const table = toTable(input);
  if (table && table.kind !== 'raw') return { source: table };
  if (table?.kind === 'raw') {
    const guess = formatOfRef(table.ref);
    return guess ? { source: table, format: guess } : { source: table };
  }
  if (isObject(input)) {
    const found = fromFields(input);
    if (found) return found;
    if (input.input_data !== undefined) return findSource(input.input_data);
  }
  throw invalidInput(
    'NO_DATA',
    'There is nothing to read. Give {"data": text or rows, "format": "csv" | "json" | "ndjson" | "parquet"}, or {"object": a reference to an uploaded file}.',
  );
}
