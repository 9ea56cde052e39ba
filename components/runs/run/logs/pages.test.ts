import { describe, expect, test } from 'vitest';
import { type LogLine, lineKey, PAGE, placeBefore, shiftOf, stepBack, stepOn } from './pages.ts';

const lines = (from: number, count: number, stage = 0) =>
  Array.from({ length: count }, (_, at) => ({ stage, epoch: 1, line: from + at })) as LogLine[];
const whole = lines(500, PAGE);

describe('the pages of a log', () => {
  test('go on behind the last line of a full one and end with one that is not', () => {
    expect(stepOn(whole, { order: 'asc' })).toEqual({ order: 'asc', beyond: `0.1.${499 + PAGE}` });
    expect(stepOn(lines(0, 3), { order: 'asc' })).toBeUndefined();
    expect(stepOn([], { order: 'asc' })).toBeUndefined();
  });

  test('the first, read from behind and so not full, is followed by those that were read before it', () => {
    expect(stepOn(lines(0, 3), { order: 'desc', beyond: '0.1.3' })).toEqual({
      order: 'asc',
      beyond: '0.1.2',
    });
  });

  test('go back from where they were entered, and no further than the start', () => {
    expect(stepBack(whole, { order: 'asc', beyond: '0.1.499' })).toEqual({
      order: 'desc',
      beyond: '0.1.500',
    });
    expect(stepBack(whole, { order: 'desc', beyond: '0.1.1500' })).toEqual({
      order: 'desc',
      beyond: '0.1.500',
    });
    expect(stepBack(whole, { order: 'asc' })).toBeUndefined();
    expect(stepBack(lines(0, 3), { order: 'desc', beyond: '0.1.3' })).toBeUndefined();
    expect(stepBack([], { order: 'desc', beyond: '0.1.3' })).toBeUndefined();
  });

  test('a line that is linked to is the first of its page, also when it is the first that its hand-out wrote', () => {
    expect(placeBefore('3.2.7')).toEqual({ order: 'asc', beyond: '3.2.6' });
    expect(placeBefore('3.2.0')).toEqual({ order: 'asc', beyond: '3.1.999999999' });
    expect(placeBefore('no line')).toEqual({ order: 'asc' });
  });
});

describe('what is in sight of a log', () => {
  test('is as many rows further down as lines have come above it, and further up as have gone', () => {
    const before = lines(100, 50);
    expect(shiftOf(before, lines(90, 60), 5)).toBe(10);
    expect(shiftOf(before, lines(103, 47), 5)).toBe(-3);
    expect(shiftOf(before, before, 5)).toBe(0);
  });

  test('is not looked for where it is no more', () => {
    expect(shiftOf(lines(0, 10), lines(500, 10), 2)).toBe(0);
    expect(shiftOf([], lines(0, 10), 0)).toBe(0);
    expect(lineKey({ stage: 1, epoch: 2, line: 3 })).toBe('1.2.3');
  });
});
