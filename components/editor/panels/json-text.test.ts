import { expect, test } from 'vitest';
import { follow, typed } from './json-text.ts';

test('what is typed stays as it is typed while it says the value', () => {
  const text = '{"a":1}';
  expect(follow(typed(text), { a: 1 })).toEqual({ text, isFaulty: false });
  expect(follow(typed('  '), undefined)).toEqual({ text: '  ', isFaulty: false });
});

test('a fault goes with the text that had it: a value that takes its place is sound', () => {
  const broken = typed('{"a":');
  expect(broken.isFaulty).toBe(true);
  expect(follow(broken, { a: 2 })).toEqual({ text: '{\n  "a": 2\n}', isFaulty: false });
  expect(follow(broken, undefined)).toEqual({ text: '', isFaulty: false });
});
