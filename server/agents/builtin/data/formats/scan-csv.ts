import type { BadRow } from './bad-rows.ts';

export interface CsvDialect {
  /** One byte each. */
  delimiter: number;
  quote: number;
}

/** Where one good record lies in the file. `line` is its first line, counted from 1. */
export interface CsvRecord {
  start: number;
  end: number;
  line: number;
  fields: number;
  /** A value holds a line break. */
  spansLines: boolean;
}

const CR = 0x0d;
const LF = 0x0a;
/** Also bounds how far one stray quote can lead the scan astray. */
const MAX_VALUE_BYTES = 1_048_576;

interface Cursor {
  bytes: Buffer;
  at: number;
  line: number;
  spansLines: boolean;
}

type FieldEnd = 'field' | 'record';
interface Fault {
  reason: string;
  at: number;
  line: number;
}

/** Steps over a quoted field, its closing quote and what must follow; a fault when the quotes do not close. */
function stepOverQuoted(cursor: Cursor, dialect: CsvDialect): Fault | null {
  const { bytes } = cursor;
  const opened = { at: cursor.at, line: cursor.line };
  const limit = cursor.at + MAX_VALUE_BYTES;
  cursor.at += 1;
  for (;;) {
    const close = bytes.indexOf(dialect.quote, cursor.at);
    if (close < 0) return { reason: 'a quoted value is never closed.', ...opened };
    if (close > limit) return { reason: 'a quoted value is longer than 1 MiB.', ...opened };
    // Counted by hand: looking for the next line break could run far past the quote, once for every value.
    for (let at = cursor.at; at < close; at += 1) {
      if (bytes[at] === LF) cursor.line += 1;
      if (bytes[at] === LF || bytes[at] === CR) cursor.spansLines = true;
    }
    cursor.at = close + 1;
    if (bytes[cursor.at] !== dialect.quote) return null;
    cursor.at += 1;
  }
}

function isFieldEnd(byte: number | undefined, dialect: CsvDialect): boolean {
  return byte === undefined || byte === dialect.delimiter || byte === LF || byte === CR;
}

function stepOverField(cursor: Cursor, dialect: CsvDialect): Fault | null {
  const { bytes } = cursor;
  if (bytes[cursor.at] === dialect.quote) {
    const fault = stepOverQuoted(cursor, dialect);
    if (fault) return fault;
    if (isFieldEnd(bytes[cursor.at], dialect)) return null;
    return { reason: 'text follows a closing quote.', at: cursor.at, line: cursor.line };
  }
  while (!isFieldEnd(bytes[cursor.at], dialect)) {
    if (bytes[cursor.at] === dialect.quote) {
      return { reason: 'a quote stands inside an unquoted value.', at: cursor.at, line: cursor.line };
    }
    cursor.at += 1;
  }
  return null;
}

/** Behind a field: over the delimiter, or over the line's end. */
function stepOverEnd(cursor: Cursor, dialect: CsvDialect): FieldEnd {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) return 'record';
  cursor.at += 1;
  if (byte === dialect.delimiter) return 'field';
  if (byte === CR && cursor.bytes[cursor.at] === LF) cursor.at += 1;
  cursor.line += 1;
  return 'record';
}

function columnOf(bytes: Buffer, at: number): number {
  const lineStart = Math.max(bytes.lastIndexOf(LF, at - 1), bytes.lastIndexOf(CR, at - 1)) + 1;
  return bytes.toString('utf8', at === 0 ? 0 : lineStart, at).length + 1;
}

/** After a fault the record's first line is given up, and reading goes on with the next line. */
function skipLine(cursor: Cursor, from: { start: number; line: number }): void {
  const next = cursor.bytes.indexOf(LF, from.start);
  cursor.at = next < 0 ? cursor.bytes.length : next + 1;
  cursor.line = from.line + 1;
}

function badRow(cursor: Cursor, start: number, fault: Fault): BadRow {
  const { bytes } = cursor;
  const lineEnd = bytes.indexOf(LF, start);
  const text = bytes.toString('utf8', start, Math.min(lineEnd < 0 ? bytes.length : lineEnd, start + 400));
  return {
    line: fault.line,
    column: columnOf(bytes, fault.at),
    reason: fault.reason,
    text: text.replace(/\r$/, ''),
  };
}

function isBlank(cursor: Cursor): boolean {
  const byte = cursor.bytes[cursor.at];
  return byte === LF || byte === CR;
}

/** The records of a CSV file (RFC 4180) with exact line numbers; a bad one goes to `onBad` and is left out. */
export function* scanCsv(
  bytes: Buffer,
  dialect: CsvDialect,
  onBad: (row: BadRow) => void,
): Generator<CsvRecord> {
  const cursor: Cursor = { bytes, at: 0, line: 1, spansLines: false };
  while (cursor.at < bytes.length) {
    const { at: start, line } = cursor;
    if (isBlank(cursor)) {
      stepOverEnd(cursor, dialect);
      yield { start, end: start, line, fields: 0, spansLines: false };
      continue;
    }
    cursor.spansLines = false;
    const fields = scanRecord(cursor, dialect);
    if (typeof fields === 'number') {
      yield { start, end: endOfText(bytes, cursor.at), line, fields, spansLines: cursor.spansLines };
    } else {
      onBad(badRow(cursor, start, fields));
      skipLine(cursor, { start, line });
    }
  }
}

/** How many fields the record has, or what is wrong with it. */
function scanRecord(cursor: Cursor, dialect: CsvDialect): number | Fault {
  let fields = 0;
  for (;;) {
    const fault = stepOverField(cursor, dialect);
    if (fault) return fault;
    fields += 1;
    if (stepOverEnd(cursor, dialect) === 'record') return fields;
  }
}

function endOfText(bytes: Buffer, at: number): number {
  let end = at;
  if (bytes[end - 1] === LF) end -= 1;
  if (bytes[end - 1] === CR) end -= 1;
  return end;
}

export interface CsvValue {
  text: string;
  /** "" in quotes is an empty text; nothing between commas may mean no value. */
  quoted: boolean;
}

/** The values of one record that `scanCsv` has found good. */
export function splitRecord(bytes: Buffer, record: CsvRecord, dialect: CsvDialect): CsvValue[] {
  const quote = String.fromCharCode(dialect.quote);
  const values: CsvValue[] = [];
  const cursor: Cursor = {
    bytes: bytes.subarray(0, record.end),
    at: record.start,
    line: 1,
    spansLines: false,
  };
  for (let n = 0; n < record.fields; n += 1) {
    const from = cursor.at;
    stepOverField(cursor, dialect);
    const raw = bytes.toString('utf8', from, cursor.at);
    const quoted = raw.startsWith(quote);
    values.push({ text: quoted ? raw.slice(1, -1).replaceAll(quote + quote, quote) : raw, quoted });
    stepOverEnd(cursor, dialect);
  }
  return values;
}
