import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followed, panBy, turnOf, zoomAt } from './closer.ts';
import { createScale } from './scale.ts';

const whole = { from: 1000, to: 11_000 };

describe('looking closer', () => {
  test('leaves the moment under the pointer where it is', () => {
    const moment = 6000;
    const share = createScale(whole).at(moment);
    const closer = zoomAt({ window: whole, whole }, { moment, share, factor: 0.5 });
    expect(closer).toEqual({ from: 3500, to: 8500 });
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (at, factor) => {
          const under = createScale(whole).timeAt(at);
          const next = zoomAt({ window: whole, whole }, { moment: under, share: at, factor });
          expect(next && createScale(next).at(under)).toBeCloseTo(at, 6);
        },
      ),
    );
  });

  test('from farther it ends with all of the run, and shows nothing beside it before', () => {
    const window = { from: 1000, to: 5000 };
    const ask = { moment: 1000, share: 0.5 };
    expect(zoomAt({ window, whole }, { ...ask, factor: 2 })).toEqual({ from: 1000, to: 9000 });
    expect(zoomAt({ window, whole }, { ...ask, factor: 2.5 })).toBeNull();
  });
});

test('to the sides it goes as far as there is anything, and no closer by that', () => {
  const window = { from: 4000, to: 6000 };
  expect(panBy({ window, whole }, 0.5)).toEqual({ from: 5000, to: 7000 });
  expect(panBy({ window, whole }, -9)).toEqual({ from: 1000, to: 3000 });
  expect(panBy({ window, whole }, 9)).toEqual({ from: 9000, to: 11_000 });
});

test('a wheel zooms with Ctrl, goes to the side with Shift, and scrolls the page otherwise', () => {
  const plain = {
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    deltaX: 0,
    deltaY: 100,
    deltaMode: 0,
    clientX: 7,
  };
  expect(turnOf(plain)).toBeUndefined();
  expect(turnOf({ ...plain, ctrlKey: true })).toEqual({ zoom: 1.25, x: 7 });
  expect(turnOf({ ...plain, metaKey: true, deltaY: -1 })).toEqual({ zoom: 0.8, x: 7 });
  expect(turnOf({ ...plain, shiftKey: true })).toEqual({ panPx: 100 });
  expect(turnOf({ ...plain, shiftKey: true, deltaX: -3, deltaY: 0, deltaMode: 1 })).toEqual({ panPx: -48 });
});

test('what is followed ends where the run is now, as long as it was, and is no longer than the run', () => {
  expect(followed({ window: { from: 4000, to: 6000 }, whole })).toEqual({ from: 9000, to: 11_000 });
  expect(followed({ window: { from: 1000, to: 90_000 }, whole })).toEqual(whole);
});
