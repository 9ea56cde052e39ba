import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationStepsUpTo, labelledPlaces, stepsUpTo, wholeStepsUpTo } from './scale.ts';

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

test('an axis of what is counted has whole steps, all as far apart, up to its highest value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (high) => {
      const steps = wholeStepsUpTo(high);
      const step = steps[1] ?? 0;
      expect(Number.isInteger(step)).toBe(true);
      expect(steps).toEqual(steps.map((_, at) => at * step));
      expect(steps.at(-1)).toBeGreaterThanOrEqual(high);
      expect(steps.length).toBeLessThanOrEqual(7);
    }),
  );
  expect(wholeStepsUpTo(9)).toEqual([0, 3, 6, 9]);
  expect(wholeStepsUpTo(2)).toEqual([0, 1, 2]);
  expect(wholeStepsUpTo(0)).toEqual([0, 1]);
});

test('labels stand as close as they can without touching', () => {
  expect(labelledPlaces(24, 600, 60)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  expect(labelledPlaces(1, 600, 60)).toEqual([0]);
  expect(labelledPlaces(500, 10, 60)).toEqual([0]);
});
