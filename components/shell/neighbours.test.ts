import { expect, test } from 'vitest';
import { around, neighboursOf } from './neighbours.ts';

test('a row has the neighbours that the list showed, and at its ends one', () => {
  const keys = ['a', 'b', 'c'];
  expect(neighboursOf(keys, 'b')).toEqual({ previous: 'a', next: 'c' });
  expect(neighboursOf(keys, 'a')).toEqual({ previous: undefined, next: 'b' });
  expect(neighboursOf(keys, 'c')).toEqual({ previous: 'b', next: undefined });
});

test('of a row that the list did not show nothing is known', () => {
  expect(neighboursOf(['a'], 'z')).toBeUndefined();
  expect(around(['a'], 'z')).toEqual([]);
});

test('of a long list the rows around are remembered', () => {
  const keys = Array.from({ length: 5000 }, (_, at) => String(at));
  const kept = around(keys, '2500');
  expect([kept[0], kept.at(-1)]).toEqual(['2400', '2600']);
  expect(around(keys, '1')[0]).toBe('0');
  expect(around(keys, '4999').at(-1)).toBe('4999');
});
