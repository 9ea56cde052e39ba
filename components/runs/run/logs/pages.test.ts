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
  /** Each so tall, by its number in the log. */
  const tall = (px: (line: number) => number, first: number) => (index: number) =>
    Array.from({ length: index }, (_, at) => px(first + at)).reduce((sum, each) => sum + each, 0);
  const keyOf = (line: number) => lineKey(lines(line, 1)[0] as Parameters<typeof lineKey>[0]);

  test('is as far down as the lines are tall that have come above it, and further up by those that have gone', () => {
    const even = () => 20;
    const seen = { key: keyOf(105), px: 100 };
    expect(shiftOf(seen, lines(90, 60), tall(even, 90))).toBe(200);
    expect(shiftOf(seen, lines(103, 47), tall(even, 103))).toBe(-60);
    expect(shiftOf(seen, lines(100, 50), tall(even, 100))).toBe(0);
  });

  test('is as far down as wrapped lines are tall, which is not the same for each', () => {
    const wrapped = (line: number) => (line % 2 === 0 ? 20 : 120);
    const seen = { key: keyOf(104), px: tall(wrapped, 100)(4) };
    expect(shiftOf(seen, lines(98, 60), tall(wrapped, 98))).toBe(140);
    expect(shiftOf(seen, lines(101, 60), tall(wrapped, 101))).toBe(-20);
  });

  test('is not looked for where it is no more', () => {
    const top = () => 20;
    expect(shiftOf({ key: keyOf(2), px: 40 }, lines(500, 10), top)).toBe(0);
    expect(shiftOf(undefined, lines(0, 10), top)).toBe(0);
    expect(lineKey({ stage: 1, epoch: 2, line: 3 })).toBe('1.2.3');
  });
});
