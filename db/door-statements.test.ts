import { expect, test } from 'vitest';
import { createStatementKeeper } from './door-statements.ts';

test('a statement is kept from its third time on', () => {
  const isKept = createStatementKeeper();
  expect(['a', 'a', 'b', 'a', 'b', 'a'].map(isKept)).toEqual([false, false, false, true, false, true]);
});

test('ever new texts are forgotten, and what is kept already stays', () => {
  const isKept = createStatementKeeper();
  for (let time = 0; time < 3; time += 1) isKept('often');
  for (let text = 0; text < 10_000; text += 1) expect(isKept(`once ${text}`)).toBe(false);
  expect(isKept('often')).toBe(true);
  for (let time = 0; time < 2; time += 1) expect(isKept('often too')).toBe(false);
  expect(isKept('often too')).toBe(true);
});

test('no more are kept than there is room for in each connection', () => {
  const isKept = createStatementKeeper();
  const texts = Array.from({ length: 1000 }, (_, text) => `text ${text}`);
  for (let time = 0; time < 5; time += 1) for (const text of texts) isKept(text);
  expect(texts.filter(isKept).length).toBe(250);
});
