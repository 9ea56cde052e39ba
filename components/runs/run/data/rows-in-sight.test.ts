import { expect, test } from 'vitest';
import { rowsInSight } from './rows-in-sight.ts';

const view = { heightPx: 400, rowPx: 20, around: 5 };

test('the rows in sight are drawn with some around them, each where it lies', () => {
  const { from, to, totalPx, topOf } = rowsInSight({ ...view, scrollTop: 2000, rows: 1000 });
  expect([from, to, totalPx]).toEqual([95, 125, 20_000]);
  expect([topOf(0), topOf(100)]).toEqual([0, 2000]);
});

test('nothing is drawn before the first row or after the last', () => {
  expect(rowsInSight({ ...view, scrollTop: 0, rows: 3 })).toMatchObject({ from: 0, to: 3, totalPx: 60 });
  expect(rowsInSight({ ...view, scrollTop: 0, rows: 0 })).toMatchObject({ from: 0, to: 0, totalPx: 0 });
});

test('a text of millions of rows is reached from its first to its last', () => {
  const rows = 25_000_000;
  const { totalPx } = rowsInSight({ ...view, scrollTop: 0, rows });
  expect(totalPx).toBeLessThan(16_000_000);
  const end = rowsInSight({ ...view, scrollTop: totalPx - view.heightPx, rows });
  expect(end.to).toBe(rows);
  // Its last row ends where the box does.
  expect(end.topOf(rows - 1) + view.rowPx).toBeCloseTo(totalPx, 0);
});
