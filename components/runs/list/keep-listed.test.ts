import { expect, test } from 'vitest';
import { keepListed } from './keep-listed.ts';

const rows = (...ids: string[]) => ids.map((id) => ({ id }));

test('what a filter has taken out of the list is ticked no more, the rest still is', () => {
  const selected = new Set(['a', 'b']);
  expect([...keepListed(selected, rows('b', 'c'))]).toEqual(['b']);
  expect([...keepListed(selected, [])]).toEqual([]);
});

test('a list that has only grown leaves the selection as it is', () => {
  const selected = new Set(['a', 'b']);
  expect(keepListed(selected, rows('c', 'b', 'a'))).toBe(selected);
});
