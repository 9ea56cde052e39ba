import { expect, test } from 'vitest';
import { newestPublished } from './newest-published.ts';

const KNOWN = { number: 4, graph: { is: 'four' }, differs: true };

test('what others have published since is known, and nothing older takes its place', () => {
  expect(newestPublished(KNOWN, { number: 5, graph: { is: 'five' } })).toEqual({
    number: 5,
    graph: { is: 'five' },
    differs: true,
  });
  expect(newestPublished(KNOWN, { number: 3, graph: {} })).toBe(KNOWN);
  expect(newestPublished(KNOWN, { number: 4, graph: {} })).toBe(KNOWN);
  expect(newestPublished(KNOWN, null)).toBe(KNOWN);
});
