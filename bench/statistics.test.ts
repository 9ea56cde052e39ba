import { describe, expect, it } from 'vitest';
import { percentile, summarise } from './statistics.ts';

describe('summarise', () => {
  it('takes the middle value of an odd number of repeats', () => {
    expect(summarise([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30, repeats: 3 });
  });

  it('takes the mean of the two middle values of an even number', () => {
    expect(summarise([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('sorts by size, not by text', () => {
    expect(summarise([9, 100, 20]).median).toBe(20);
  });

  it('refuses to invent a median of nothing', () => {
    expect(() => summarise([])).toThrow(/no median/);
  });
});

describe('percentile', () => {
  const values = Array.from({ length: 200 }, (_, at) => 200 - at);

  it('is the nearest rank', () => {
    expect(percentile(values, 0.5)).toBe(100);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile(values, 1)).toBe(200);
  });

  it('of one value is that value', () => {
    expect(percentile([7], 0.99)).toBe(7);
  });
});
