import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('whoever waits alone for a tenant is served second, behind however many of another', () => {
  const turns = createTurns<string>();
  for (let n = 1; n <= 100; n += 1) turns.join('large', `large ${n}`);
  turns.join('small', 'small 1');
  expect([turns.next(), turns.next(), turns.next()]).toEqual(['large 1', 'small 1', 'large 2']);
  // Who comes again has its turn behind those that wait.
  turns.join('small', 'small 2');
  expect([turns.next(), turns.next()]).toEqual(['large 3', 'small 2']);
});

test('who gives up is not served, and holds nobody up', () => {
  const turns = createTurns<string>();
  turns.join('a', 'first');
  turns.join('a', 'second');
  turns.join('b', 'third');
  turns.leave('a', 'first');
  turns.leave('b', 'third');
  turns.leave('nobody', 'at all');
  expect([turns.next(), turns.next()]).toEqual(['second', undefined]);
});
