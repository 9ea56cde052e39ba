import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CsvDialect, splitRecord } from '../formats/scan-csv.ts';
import type { ConfigOf } from '../schemas.ts';
import type { Database } from './database.ts';
import { invalidInput } from './failures.ts';
import { createLineFile } from './line-file.ts';
import { quoteText } from './quote.ts';
import { columnsArgument, createFromLines } from './read-lines.ts';
import { BAD_CSV, type CsvSurvey, MAX_RECORD_BYTES } from './survey-csv.ts';

export interface RawCsv {
  database: Database;
  bytes: Buffer;
  dialect: CsvDialect;
  config: ConfigOf<'data-ingestion'>;
  survey: CsvSurvey;
  target: string;
}

const CR = 0x0d;
const LF = 0x0a;

/** The good records in as few pieces as there are gaps between them. */
function piecesOf({ bytes, survey }: RawCsv): Buffer[] {
  const pieces: Buffer[] = [];
  let from = -1;
  let until = -1;
  for (let n = 0; n < survey.count; n += 1) {
    const start = survey.starts[n] ?? 0;
    if (start !== until) {
      if (from >= 0) pieces.push(bytes.subarray(from, until));
      from = start;
    }
    until = survey.ends[n] ?? start;
    if (bytes[until] === LF) until += 1;
  }
  if (from >= 0) pieces.push(bytes.subarray(from, until));
  return pieces;
}

async function readDirectly(raw: RawCsv): Promise<void> {
  const { database, config, survey, target } = raw;
  const path = join(database.directory, 'records.csv');
  await writeFile(path, piecesOf(raw), { mode: 0o600 });
  const columns = survey.names.map((name) => ({ name, type: 'VARCHAR' }));
  const options = [
    'auto_detect = false',
    'header = false',
    `delim = ${quoteText(config.delimiter)}`,
    `quote = ${quoteText(config.quote)}`,
    `escape = ${quoteText(config.quote)}`,
    "new_line = '\\n'",
    `nullstr = [${config.nullStrings.map(quoteText).join(', ')}]`,
    // "" in quotes is an empty text, nothing between commas is no value.
    'allow_quoted_nulls = false',
    'strict_mode = true',
    'null_padding = false',
    `max_line_size = ${MAX_RECORD_BYTES}`,
    'parallel = false',
    `columns = ${columnsArgument(columns)}`,
  ];
  const source = `read_csv(${quoteText(path)}, ${options.join(', ')})`;
  await database.run(`CREATE TABLE ${target} AS SELECT * FROM ${source}`);
}

/**
 * DuckDB's CSV reader goes astray where line breaks of several kinds meet, so such files reach it as JSON,
 * in which a line break inside a value cannot be taken for the end of a line.
 */
async function readAsJson(raw: RawCsv): Promise<void> {
  const { database, bytes, dialect, config, survey, target } = raw;
  const path = join(database.directory, 'records.ndjson');
  const nulls = new Set(config.nullStrings);
  const file = createLineFile(path);
  for (let n = 0; n < survey.count; n += 1) {
    const start = survey.starts[n] ?? 0;
    const end = survey.ends[n] ?? start;
    const record = { start, end, line: 0, fields: survey.names.length, spansLines: true };
    const values = splitRecord(bytes, record, dialect).map(({ text, quoted }) =>
      !quoted && nulls.has(text) ? null : text,
    );
    file.add(JSON.stringify(Object.fromEntries(survey.names.map((name, at) => [name, values[at] ?? null]))));
  }
  file.close();
  const columns = survey.names.map((name) => ({ name, type: 'VARCHAR' }));
  await createFromLines(database, { path, target, columns });
}

/** All values as text, in a table of their own. */
export async function readCsvRaw(raw: RawCsv): Promise<void> {
  const { database, survey, target } = raw;
  const isPlain = !survey.spansLines && raw.bytes.indexOf(CR) < 0;
  await (isPlain ? readDirectly(raw) : readAsJson(raw));
  const [count] = await database.row(`SELECT count(*) FROM ${target}`);
  if (Number(count) !== survey.count) {
    throw invalidInput(
      BAD_CSV,
      `The file holds ${survey.count} records, and ${count} could be read. Its quotes are mixed; save it again as plain CSV.`,
    );
  }
}
