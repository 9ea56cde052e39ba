import { expect, test } from 'vitest';
import { spansOf } from './day-of-agent.ts';

const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
const HOUR_MS = 3_600_000;
const shown = (day: Parameters<typeof spansOf>[0]) =>
  spansOf(day).map(({ from, to, state }) => [state, (to - from) / HOUR_MS]);

test('the spans of a day fill it, and what nothing is known of is one of them', () => {
  const changes = [
    { at: at(3), state: 'online' as const },
    { at: at(20), state: 'offline' as const },
  ];
  expect(shown({ from: at(0), to: at(23), changes })).toEqual([
    [undefined, 3],
    ['online', 17],
    ['offline', 3],
  ]);
});

test('a day that began in a known state has no unknown span, and one without changes is unknown', () => {
  expect(shown({ from: at(0), to: at(5), changes: [{ at: at(0), state: 'paused' }] })).toEqual([
    ['paused', 5],
  ]);
  expect(shown({ from: at(0), to: at(5), changes: [] })).toEqual([[undefined, 5]]);
});
