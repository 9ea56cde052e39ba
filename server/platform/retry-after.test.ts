import { expect, test } from 'vitest';
import { readRetryAfter } from './retry-after.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  [undefined, null],
  ['', null],
  ['-5', null],
  ['1.5', null],
  ['1e9', null],
  ['99999999999', null],
  ['soon', null],
  ['5 minutes', null],
  ['Fri, 99 Jan 2026 03:05:05 GMT', null],
])('a Retry-After of %j asks for %j ms', (header, wanted) => {
  expect(readRetryAfter(header, NOW)).toBe(wanted);
});
