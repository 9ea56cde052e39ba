import { expect, test } from 'vitest';
import { isYoung } from './young.ts';

test('what was read is young for so long, and old at once when the clock is set back', () => {
  expect(isYoung(1000, 1000, 50)).toBe(true);
  expect(isYoung(1000, 1049, 50)).toBe(true);
  expect(isYoung(1000, 1050, 50)).toBe(false);
  expect(isYoung(1000, 999, 50)).toBe(false);
  expect(isYoung(Number.NEGATIVE_INFINITY, 0, 50)).toBe(false);
});
