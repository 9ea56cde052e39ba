import type { BadRow } from './bad-rows.ts';
import { findJsonFault } from './find-json-fault.ts';

/** One record as text, with where it begins in the file (both from 1). */
export interface JsonRecord {
  text: string;
  line: number;
  column: number;
}

export const MAX_JSON_DEPTH = 64;

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === LF || byte === 0x0d;
}

function lineAndColumn(bytes: Buffer, at: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let lf = bytes.indexOf(LF); lf >= 0 && lf < at; lf = bytes.indexOf(LF, lf + 1)) {
    line += 1;
    start = lf + 1;
  }
  return { line, column: bytes.toString('utf8', start, at).length + 1 };
}

function around(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', Math.max(0, at - 20), Math.min(bytes.length, at + 60)).trim();
}

/** Lines of NDJSON, blank ones left out. */
export function* scanLines(bytes: Buffer): Generator<JsonRecord> {
  let line = 1;
  for (let at = 0; at < bytes.length; line += 1) {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf;
    const text = bytes.toString('utf8', at, end);
    if (text.trim() !== '') yield { text, line, column: 1 };
    at = end + 1;
  }
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at;
  }
  return bytes.length;
}

/** Where the element that starts at `from` ends: before the comma or the closing bracket of the array. */
function endOfElement(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) return at;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return bytes.length;
}

/**
 * The elements of a JSON array, cut by brackets and quotes alone: whether an element is good JSON is found when
 * it is parsed. Throws through `fault` when the document is no array.
 */
export function* scanArray(bytes: Buffer, fault: (row: BadRow) => never): Generator<JsonRecord> {
  const failAt = (at: number, reason: string): never =>
    fault({ ...lineAndColumn(bytes, at), reason, text: around(bytes, at) });
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_ARRAY) failAt(at, 'a JSON array of objects must begin here with "[".');
  at = skipSpace(bytes, at + 1);
  let line = 1;
  let lineStart = 0;
  let nextBreak = bytes.indexOf(LF);
  while (at < bytes.length && bytes[at] !== CLOSE_ARRAY) {
    while (nextBreak >= 0 && nextBreak < at) {
      line += 1;
      lineStart = nextBreak + 1;
      nextBreak = bytes.indexOf(LF, lineStart);
    }
    const end = endOfElement(bytes, at);
    yield { text: bytes.toString('utf8', at, end), line, column: at - lineStart + 1 };
    at = end;
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
    if (bytes[at] === CLOSE_ARRAY) failAt(at, 'a comma stands before the closing "]".');
  }
  if (bytes[at] !== CLOSE_ARRAY) failAt(at, 'the array is never closed with "]".');
  const rest = skipSpace(bytes, at + 1);
  if (rest < bytes.length) failAt(rest, 'text follows the end of the array.');
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** Depth of the text's brackets outside of strings. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth -= 1;
  }
  return deepest;
}

/** A record's fault as a place in the file. */
export function placeOf(record: JsonRecord): { line: number; column: number; reason: string } {
  const fault = findJsonFault(record.text) ?? { at: record.text.length, reason: 'it cannot be read' };
  const breaks = record.text.slice(0, fault.at).split('\n');
  const last = breaks.at(-1) ?? '';
  const line = record.line + breaks.length - 1;
  const column = breaks.length === 1 ? record.column + last.length : last.length + 1;
  return { line, column, reason: `this is not JSON: ${fault.reason}.` };
}
