import { type BadRows, badRowMessage } from '../formats/bad-rows.ts';
import { type CsvDialect, type CsvRecord, scanCsv, splitRecord } from '../formats/scan-csv.ts';
import type { ConfigOf } from '../schemas.ts';
import { invalidInput } from './failures.ts';
import { usableNames } from './quote.ts';

export const BAD_CSV = 'BAD_CSV';
/** DuckDB's own measure; it keeps buffers of sixteen times as much. */
export const MAX_RECORD_BYTES = 2_097_152;
const MAX_COLUMNS = 10_000;

/** What one pass over the bytes has found: names, and where each good record lies. */
export interface CsvSurvey {
  names: string[];
  count: number;
  starts: Uint32Array;
  ends: Uint32Array;
  lines: Uint32Array;
  /** Values hold line breaks. */
  spansLines: boolean;
}

interface Growing {
  push(value: number): void;
  all(): Uint32Array;
}

function growing(): Growing {
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
  };
}

interface SurveyWork {
  bytes: Buffer;
  dialect: CsvDialect;
  config: Pick<ConfigOf<'data-ingestion'>, 'header' | 'maxRows'>;
  bad: BadRows;
}

function namesOf(work: SurveyWork, record: CsvRecord): string[] {
  const fields = Math.max(record.fields, 1);
  if (fields > MAX_COLUMNS) {
    throw invalidInput(
      'TOO_MANY_COLUMNS',
      `Line ${record.line} names ${fields} columns; ${MAX_COLUMNS} are the most.`,
    );
  }
  if (!work.config.header) return usableNames(Array.from({ length: fields }, () => ''));
  return usableNames(splitRecord(work.bytes, record, work.dialect).map((value) => value.text));
}

/** Whether the record has the right size and number of values; reports it otherwise. */
function isGood(work: SurveyWork, record: CsvRecord, columns: number): boolean {
  const { bytes, bad, config } = work;
  const fields = Math.max(record.fields, 1);
  const isLong = record.end - record.start >= MAX_RECORD_BYTES;
  if (fields === columns && !isLong) return true;
  const text = bytes.toString('utf8', record.start, Math.min(record.end, record.start + 400));
  const wanted = `${config.header ? 'the header names' : 'the first line has'} ${columns}`;
  const reason = isLong
    ? 'the record is longer than 2 MiB.'
    : `there ${fields === 1 ? 'is 1 value' : `are ${fields} values`}, and ${wanted}.`;
  bad.report({ line: record.line, column: 1, reason, text });
  return false;
}

/** Finds names, places and faults. DuckDB then reads only what this has found good. */
export function surveyCsv(work: SurveyWork): CsvSurvey {
  const { bytes, dialect, config, bad } = work;
  const [starts, ends, lines] = [growing(), growing(), growing()];
  let names: string[] | null = null;
  let count = 0;
  let spansLines = false;
  const records = scanCsv(bytes, dialect, (row) => {
    // Without a header nothing after it can be understood.
    if (names === null)
      throw invalidInput(BAD_CSV, badRowMessage(row), { line: row.line, column: row.column });
    bad.report(row);
  });
  for (const record of records) {
    // A blank line is a missing value where there is one column, and nothing where there are several.
    if (record.fields === 0 && names?.length !== 1) continue;
    if (names === null) {
      names = namesOf(work, record);
      if (config.header) continue;
    }
    if (!isGood(work, record, names.length)) continue;
    starts.push(record.start);
    ends.push(record.end);
    lines.push(record.line);
    spansLines ||= record.spansLines;
    count += 1;
    if (config.maxRows !== undefined && count > config.maxRows) {
      throw invalidInput(
        'TOO_MANY_ROWS',
        `The input holds more than the ${config.maxRows} rows that "maxRows" allows.`,
      );
    }
  }
  if (names === null) throw invalidInput('NO_COLUMNS', 'The file is empty: not even a header stands in it.');
  return { names, count, starts: starts.all(), ends: ends.all(), lines: lines.all(), spansLines };
}
