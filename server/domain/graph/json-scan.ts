import type { TextFault } from './import-problems.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const WORD = /true|false|null/y;

interface Scan {
  text: string;
  at: number;
  /** Open containers; an object keeps the keys it has had. */
  open: (Set<string> | null)[];
}

class ScanFault {
  readonly fault: TextFault;
  constructor(fault: TextFault) {
    this.fault = fault;
  }
}

function fail(code: TextFault['code'], message: string, offset: number): never {
  throw new ScanFault({ code, message, offset });
}

/** The first fault of a JSON text: syntax, a key that an object has twice, or too much nesting. No recursion. */
export function scanJson(text: string, maxDepth: number): TextFault | null {
  const scan: Scan = { text, at: 0, open: [] };
  try {
    skipSpace(scan);
    do {
      scanValue(scan, maxDepth);
    } while (scan.open.length > 0);
    if (scan.at < text.length) fail('syntax', 'The text goes on after its end.', scan.at);
    return null;
  } catch (error) {
    if (error instanceof ScanFault) return error.fault;
    throw error;
  }
}

function skipSpace(scan: Scan): void {
  SPACE.lastIndex = scan.at;
  SPACE.test(scan.text);
  scan.at = SPACE.lastIndex;
}

/** One value that is no container, or the opening of one; then whatever closes after it. */
function scanValue(scan: Scan, maxDepth: number): void {
  const char = scan.text[scan.at];
  if (char === '{' || char === '[') {
    if (scan.open.length >= maxDepth) {
      fail('too-deep', `The text is nested deeper than ${maxDepth} levels.`, scan.at);
    }
    scan.open.push(char === '{' ? new Set() : null);
    scan.at++;
    skipSpace(scan);
    const close = char === '{' ? '}' : ']';
    if (scan.text[scan.at] !== close) {
      if (char === '{') scanKey(scan);
      return;
    }
    scan.at++;
    scan.open.pop();
  } else if (char === '"') {
    scanString(scan);
  } else {
    scanToken(scan, char);
  }
  closeContainers(scan);
}

function scanToken(scan: Scan, char: string | undefined): void {
  const token = char !== undefined && /[-\d]/.test(char) ? NUMBER : WORD;
  token.lastIndex = scan.at;
  if (!token.test(scan.text)) {
    fail(
      'syntax',
      char === undefined ? 'The text ends too early.' : `A value was expected, not ${char}.`,
      scan.at,
    );
  }
  if (token === NUMBER && !Number.isFinite(Number(scan.text.slice(scan.at, token.lastIndex)))) {
    fail('not-json', 'The number is too large.', scan.at);
  }
  scan.at = token.lastIndex;
}

function closeContainers(scan: Scan): void {
  skipSpace(scan);
  while (scan.open.length > 0) {
    const keys = scan.open[scan.open.length - 1];
    const char = scan.text[scan.at];
    const close = keys ? '}' : ']';
    if (char !== ',' && char !== close) fail('syntax', `A comma or ${close} was expected.`, scan.at);
    scan.at++;
    skipSpace(scan);
    if (char === ',') {
      if (keys) scanKey(scan);
      return;
    }
    scan.open.pop();
  }
}

function scanKey(scan: Scan): void {
  const start = scan.at;
  if (scan.text[start] !== '"') fail('syntax', 'A key in double quotes was expected.', start);
  scanString(scan);
  const key: string = JSON.parse(scan.text.slice(start, scan.at));
  const keys = scan.open[scan.open.length - 1];
  if (keys?.has(key)) fail('duplicate-key', `The key ${JSON.stringify(key)} is there twice.`, start);
  keys?.add(key);
  skipSpace(scan);
  if (scan.text[scan.at] !== ':') fail('syntax', 'A colon was expected.', scan.at);
  scan.at++;
  skipSpace(scan);
}

function scanString(scan: Scan): void {
  const start = scan.at;
  for (scan.at++; scan.at < scan.text.length; scan.at++) {
    const code = scan.text.charCodeAt(scan.at);
    if (code === 0x22) {
      scan.at++;
      return;
    }
    if (code < 0x20) fail('syntax', 'A control character must be escaped.', scan.at);
    if (code === 0x5c) {
      const sequence = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
      sequence.lastIndex = scan.at + 1;
      if (!sequence.test(scan.text)) fail('syntax', 'The escape has no meaning.', scan.at);
      scan.at = sequence.lastIndex - 1;
    }
  }
  fail('syntax', 'The text in quotes does not end.', start);
}
