import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeBetween } from './change-between.ts';

test('only what is different is replaced', () => {
  expect(changeBetween('a: 1\nb: 2\n', 'a: 1\nb: 30\n')).toEqual({ from: 8, to: 9, insert: '30' });
  expect(changeBetween('aa', 'aaa')).toEqual({ from: 2, to: 2, insert: 'a' });
  expect(changeBetween('same', 'same')).toEqual({ from: 4, to: 4, insert: '' });
});

test('with it any text becomes any other', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\n') });
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const { from, to, insert } = changeBetween(before, after);
      return before.slice(0, from) + insert + before.slice(to) === after;
    }),
  );
});
