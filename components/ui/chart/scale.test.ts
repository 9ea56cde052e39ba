import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationStepsUpTo, labelledPlaces, stepsUpTo } from './scale.ts';

test.each([
  ['counts', stepsUpTo],
  ['durations', durationStepsUpTo],
] as const)('an axis of %s begins at 0, reaches its highest value and has few steps', (_, steps) => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (high) => {
      const all = steps(high);
      expect(all[0]).toBe(0);
      expect(all.at(-1)).toBeGreaterThanOrEqual(high * 0.999);
      expect(all.length).toBeLessThanOrEqual(7);
    }),
  );
  expect(steps(0)).toHaveLength(2);
});

test('labels stand as close as they can without touching', () => {
  expect(labelledPlaces(24, 600, 60)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  expect(labelledPlaces(1, 600, 60)).toEqual([0]);
  expect(labelledPlaces(500, 10, 60)).toEqual([0]);
});
