import { expect, test } from 'vitest';
import { daysOf } from './days-of.ts';

test('days without a call are days too, and each call stands in one part of its day', () => {
  const now = Date.parse('2026-03-02T11:00:00Z');
  const days = daysOf([{ day: '2026-03-01', calls: 9, faults: 2, refusals: 3 }], 3, now);
  expect(days.map(({ from }) => new Date(from).toISOString().slice(0, 10))).toEqual([
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
  ]);
  expect(days.map(({ answered, faults, refusals }) => [answered, faults, refusals])).toEqual([
    [0, 0, 0],
    [4, 2, 3],
    [0, 0, 0],
  ]);
  expect(days.at(-1)?.to).toBe(Date.parse('2026-03-03T00:00:00Z'));
});
