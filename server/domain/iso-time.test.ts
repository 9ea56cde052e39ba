import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from './iso-time.ts';

test('a time is written just as the language writes it, whatever day was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true }), { minLength: 1 }), (dates) => {
      for (const date of dates) expect(isoTime(date)).toBe(date.toISOString());
    }),
  );
});

test('at the edges of a day, before 1970 and in years of more digits too', () => {
  for (const text of [
    '2026-11-30T00:00:00.000Z',
    '2026-11-29T23:59:59.999Z',
    '1969-12-31T23:59:59.999Z',
    '-000001-03-01T12:00:00.000Z',
    '+010000-01-01T00:00:00.001Z',
  ])
    expect(isoTime(new Date(text))).toBe(text);
});

test('no time at all is refused, as ever', () => {
  expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
});
