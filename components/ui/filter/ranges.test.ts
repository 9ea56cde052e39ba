import { describe, expect, test } from 'vitest';
import { parseDuration, readSpan, saySpan, typeDuration, writeSpan } from './span.ts';
import { readTimeRange, sayTimeRange, writeTimeRange } from './time-range.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('a range of time as text', () => {
  test('reaches back from now, or lies fixed, or is open on one side', () => {
    expect(readTimeRange('24h', NOW)).toEqual({ from: new Date(NOW - 86_400_000), to: undefined });
    const fixed = { from: new Date(NOW - 1000), to: new Date(NOW) };
    expect(readTimeRange(writeTimeRange(fixed), NOW)).toEqual(fixed);
    expect(readTimeRange(writeTimeRange({ ...fixed, from: undefined }), NOW)?.from).toBeUndefined();
  });

  test.each(['', '~', 'yesterday', '24x', 'a~b', '2026-01-01~2026-01-02~2026-01-03'])(
    'is nothing when it is not one: %s',
    (text) => expect(readTimeRange(text, NOW)).toBeUndefined(),
  );

  test('says itself in words', () => {
    expect(sayTimeRange('1h')).toBe('last hour');
    expect(sayTimeRange('7d')).toBe('last 7 days');
    expect(sayTimeRange('~2026-01-01T00:00:00Z')).toMatch(/^before /);
    const then = '2020-06-01T08:00:00Z~2020-06-02T08:00:00Z';
    expect(sayTimeRange(then, 'UTC', 2020)).toBe('01 Jun, 08:00 – 02 Jun, 08:00');
    expect(sayTimeRange(then, 'UTC', 2026)).toBe('01 Jun 2020, 08:00 – 02 Jun 2020, 08:00');
  });
});

describe('a span of durations as text', () => {
  test('is read as it was written', () => {
    for (const span of [
      { minMs: 1000, maxMs: 5000 },
      { minMs: undefined, maxMs: 5000 },
      { minMs: 0, maxMs: undefined },
    ])
      expect(readSpan(writeSpan(span))).toEqual(span);
    for (const text of ['', '~', '5', 'a~b', '-1~2']) expect(readSpan(text)).toBeUndefined();
    expect(saySpan('1000~')).toBe('at least 1.0 s');
  });

  test('is typed with a unit, seconds when there is none', () => {
    expect(['90', '1.5 min', '2h', '250ms'].map(parseDuration)).toEqual([90_000, 90_000, 7_200_000, 250]);
    expect(['', 'soon', '-1', '1 week'].map(parseDuration)).toEqual(Array(4).fill(undefined));
    for (const ms of [0, 250, 90_000, 7_200_000]) expect(parseDuration(typeDuration(ms))).toBe(ms);
  });
});
