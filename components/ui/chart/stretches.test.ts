import { describe, expect, test } from 'vitest';
import { toStretches } from './stretches.ts';

const places = (values: (number | null)[]) =>
  toStretches(values, 100).map((points) => points.map(({ x }) => x));

describe('the stretches of a line', () => {
  test('break where nothing is known, and keep every value in its place', () => {
    expect(places([1, 2, null, 4, 5])).toEqual([
      [0, 25],
      [75, 100],
    ]);
  });

  test('of a value that stands alone are seen', () => {
    expect(places([null, null, 7, null, null])).toEqual([[37.5, 62.5]]);
    expect(places([null, 7])).toEqual([[50, 100]]);
    expect(places([7])).toEqual([[0, 100]]);
  });

  test('of nothing there are none', () => {
    expect(places([])).toEqual([]);
    expect(places([null, null])).toEqual([]);
  });
});
