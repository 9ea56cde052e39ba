import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, count, durationOf, type Histogram, MAX_ERROR, merge, spreadOf } from './histogram.ts';

const durations = fc.array(fc.double({ min: 1, max: 1e11, noNaN: true }), { minLength: 1, maxLength: 300 });
const histogramOf = (values: readonly number[]): Histogram => {
  const histogram: Histogram = new Map();
  for (const value of values) count(histogram, value);
  return histogram;
};
const nearestRank = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number;

describe('a percentile', () => {
  test('is at most four percent off, whatever was counted', () => {
    expect(MAX_ERROR).toBeLessThan(0.04);
    fc.assert(
      fc.property(durations, (values) => {
        const { p50, p95, p99 } = spreadOf(histogramOf(values));
        for (const [share, found] of [
          [0.5, p50],
          [0.95, p95],
          [0.99, p99],
        ] as const) {
          const exact = nearestRank(values, share);
          // Answers are whole milliseconds.
          expect(Math.abs((found as number) - exact)).toBeLessThanOrEqual(exact * MAX_ERROR + 0.5);
        }
      }),
    );
  });

  test('is the same for a whole and for its parts put together', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const parts = histogramOf(some);
        merge(parts, histogramOf(others));
        expect(spreadOf(parts)).toEqual(spreadOf(histogramOf([...some, ...others])));
      }),
    );
  });

  test('of nothing is nothing, and of what took no time at all it is 0', () => {
    expect(spreadOf(new Map())).toEqual({ count: 0, p50: null, p95: null, p99: null });
    expect(spreadOf(histogramOf([0, 0.4, -3]))).toEqual({ count: 3, p50: 0, p95: 0, p99: 0 });
  });
});

test('a bucket answers with a duration that falls into it', () => {
  for (let bucket = 0; bucket < 400; bucket++) expect(bucketOf(durationOf(bucket))).toBe(bucket);
});
