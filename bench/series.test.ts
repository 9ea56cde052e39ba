import { describe, expect, it } from 'vitest';
import { slopePerMinute, toSeriesMeasurements } from './series.ts';

const everyTenSeconds = (values: number[]) => values.map((value, at) => ({ atMs: at * 10_000, value }));

describe('slopePerMinute', () => {
  it('is what a steady growth adds in a minute', () => {
    expect(slopePerMinute(everyTenSeconds([100, 101, 102, 103]))).toBeCloseTo(6);
  });

  it('is not bent by one odd sample', () => {
    expect(slopePerMinute(everyTenSeconds([100, 100, 100, 900, 100, 100, 100, 100]))).toBeCloseTo(0);
  });
});

describe('toSeriesMeasurements', () => {
  it('tells both halves and the slope apart', () => {
    expect(toSeriesMeasurements('heap', 'MiB', everyTenSeconds([1, 2, 3]))).toEqual([
      { metric: 'heap: first half', unit: 'MiB', values: [1, 2] },
      { metric: 'heap: second half', unit: 'MiB', values: [3] },
      { metric: 'heap: slope', unit: 'MiB/min', values: [6] },
    ]);
  });

  it('says nothing about what it has no samples of', () => {
    expect(toSeriesMeasurements('heap', 'MiB', [])).toEqual([]);
    expect(toSeriesMeasurements('heap', 'MiB', everyTenSeconds([1])).map(({ metric }) => metric)).toEqual([
      'heap: first half',
    ]);
  });
});
