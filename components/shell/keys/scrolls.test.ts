import { expect, test } from 'vitest';
import { isScrolledBy } from './scrolls.ts';

const box = {
  ...{ overflowX: 'hidden', overflowY: 'auto' },
  ...{ scrollWidth: 900, clientWidth: 300, scrollHeight: 900, clientHeight: 300 },
};

test('a region that scrolls keeps the arrows that scroll it, and no other key', () => {
  expect(['up', 'down', 'shift+down'].every((pressed) => isScrolledBy(pressed, box))).toBe(true);
  // Across it is cut, and does not scroll.
  expect(isScrolledBy('right', box)).toBe(false);
  expect(isScrolledBy('right', { ...box, overflowX: 'scroll' })).toBe(true);
  expect(['j', 'enter', 'mod+down'].some((pressed) => isScrolledBy(pressed, box))).toBe(false);
});

test('a region with all of it in sight has no use for them', () => {
  expect(isScrolledBy('down', { ...box, scrollHeight: 300 })).toBe(false);
});
