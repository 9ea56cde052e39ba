import { describe, expect, test } from 'vitest';
import { firstLook } from './first-look.ts';

const WINDOW = { width: 650, height: 800 };
/** Six stages in a row, as the sample pipeline has them. */
const ROW = { x: 0, y: 0, width: 1500, height: 60 };
const edgesOf = (view: { x: number; zoom: number }, box: { x: number; width: number }) => ({
  left: view.x + box.x * view.zoom,
  right: view.x + (box.x + box.width) * view.zoom,
});

describe('the first look at a pipeline', () => {
  test('shows all of what can be read, in the middle, and never larger than it is drawn', () => {
    const box = { x: 100, y: 50, width: 400, height: 60 };
    const view = firstLook({ box, window: WINDOW, count: 2 });
    expect(view.zoom).toBe(1);
    const { left, right } = edgesOf(view, box);
    expect(left).toBeCloseTo(WINDOW.width - right);
  });

  test('has in the middle what has room just so, rather than at one edge', () => {
    const box = { x: 0, y: 0, width: 900, height: 60 };
    const { left, right } = edgesOf(firstLook({ box, window: WINDOW, count: 4 }), box);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeCloseTo(WINDOW.width - right);
  });

  test('begins at the start of a row that is too long to be read as a whole', () => {
    const view = firstLook({ box: ROW, window: WINDOW, count: 6 });
    expect(view.zoom).toBeGreaterThanOrEqual(0.7);
    const { left, right } = edgesOf(view, ROW);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(80);
    expect(right).toBeGreaterThan(WINDOW.width);
  });

  test('has what somebody looks for in the middle, and goes no farther than to the ends', () => {
    const third = { x: 520, y: 0, width: 200, height: 60 };
    const middle = firstLook({ box: ROW, window: WINDOW, count: 6, begin: third });
    expect(middle.x + 620 * middle.zoom).toBeCloseTo(WINDOW.width / 2);
    const last = { x: 1300, y: 0, width: 200, height: 60 };
    const end = firstLook({ box: ROW, window: WINDOW, count: 6, begin: last });
    expect(edgesOf(end, ROW).right).toBeLessThan(WINDOW.width);
    expect(edgesOf(end, last).left).toBeGreaterThan(0);
  });

  test('shows all of very many, however small, unless one of them is looked for', () => {
    const box = { x: 0, y: 0, width: 40_000, height: 9000 };
    const { left, right } = edgesOf(
      firstLook({ box, window: { width: 1000, height: 800 }, count: 900 }),
      box,
    );
    expect(left).toBeLessThan(right);
    expect(
      firstLook({ box, window: WINDOW, count: 900, begin: { x: 9000, y: 90, width: 200, height: 60 } }),
    ).toMatchObject({
      zoom: 0.8,
    });
  });

  test('stands where there is nothing to see yet', () => {
    const view = firstLook({ box: { x: 0, y: 0, width: 0, height: 0 }, window: WINDOW, count: 0 });
    expect(view.zoom).toBe(1);
    expect(Number.isFinite(view.x) && Number.isFinite(view.y)).toBe(true);
  });
});
