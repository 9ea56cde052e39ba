import { describe, expect, test } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatClock,
  formatDuration,
  formatMoment,
  formatRound,
  quoted,
} from './format.ts';

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min 00 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h 00 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('round durations, as a ruler has them', () => {
  test.each([
    [0, '0 ms'],
    [500, '500 ms'],
    [1000, '1 s'],
    [1500, '1.5 s'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [600_000, '10 min'],
    [7_200_000, '2 h'],
    [86_400_000, '1 d'],
    [864_000_000, '10 d'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatRound(ms)).toBe(text);
  });
});

describe('ages', () => {
  test.each([
    [-3000, 'just now'],
    [9_999, 'just now'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [86_400_000, '1 d ago'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

test('sizes keep three digits at most', () => {
  expect([0, 999, 1000, 65_536, 123_456_789].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '65.5 kB',
    '123 MB',
  ]);
});

test('a moment names its zone, and what is no moment stays as it is', () => {
  expect(formatMoment('2026-11-28T22:34:08Z')).toMatch(/^28 Nov 2026.* (UTC|GMT|[A-Z]{2,5}|GMT[+-]\d+)$/);
  expect(formatMoment('yesterday')).toBe('yesterday');
});

test('the time of a line of a log is that of the clock of whoever reads it, to the millisecond', () => {
  const at = new Date(2026, 10, 28, 22, 34, 8, 49);
  expect(formatClock(at.toISOString())).toBe('22:34:08.049');
  expect(formatClock('soon')).toBe('soon');
});

test('a name that turns the direction of writing is shut off from the words around it, and no other name', () => {
  expect(quoted('Plain name, שלום')).toBe('Plain name, שלום');
  expect(quoted('a\u202edlrow')).toBe('\u2068a\u202edlrow\u2069');
});
