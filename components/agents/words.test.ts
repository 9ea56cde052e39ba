import { expect, test } from 'vitest';
import { words } from './words.ts';

test('the last sign of life is told without parts that are nothing', () => {
  const day = 86_400_000;
  expect(words.beat(12_400)).toBe('12 s ago');
  expect(words.beat(65_000)).toBe('1 min 05 s ago');
  expect(words.beat(60_000)).toBe('1 min ago');
  expect(words.beat(day + 20 * 60_000)).toBe('1 d ago');
  expect(words.beat(day + 4 * 3_600_000)).toBe('1 d 4 h ago');
  expect(words.beat(null)).toBe('no sign of life');
});
