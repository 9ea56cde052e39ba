import { isUtf8 } from 'node:buffer';
import { invalidInput } from '../engine/failures.ts';

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const NEWLINE = 0x0a;

function countLines(bytes: Uint8Array, until: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = 0; at < until; at += 1) {
    if (bytes[at] === NEWLINE) {
      line += 1;
      start = at + 1;
    }
  }
  return { line, column: until - start + 1 };
}

/** The first byte that is not UTF-8, found by halving: a prefix is good until it holds the bad byte. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    try {
      decoder.decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** The file as UTF-8 without a byte order mark, or a failure that says where it is not what it should be. */
export function toUtf8(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') {
    if (!isUtf8(bytes)) {
      const { line, column } = countLines(bytes, firstBadByte(bytes));
      throw invalidInput(
        'BAD_ENCODING',
        `Line ${line}, byte ${column} of it: this is not UTF-8 text. Set "encoding" to what the file is (${ENCODINGS.join(', ')}), or save it as UTF-8.`,
        { line, column },
      );
    }
    return withoutMark(bytes);
  }
  const text = new TextDecoder(encoding, { fatal: true });
  try {
    return withoutMark(Buffer.from(text.decode(bytes)));
  } catch {
    throw invalidInput('BAD_ENCODING', `The file is not ${encoding} text. Set "encoding" to what it is.`);
  }
}
