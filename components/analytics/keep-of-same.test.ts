import { expect, test } from 'vitest';
import { query } from '../data/index.ts';
import { keepOfSame } from './keep-of-same.ts';

test('an answer stays while the same is asked for another range, and not for something else', () => {
  const asked = query('analytics.error', { id: 'one', from: '2026-01-01T00:00:00.000Z' });
  expect(keepOfSame('one')('shown', asked)).toBe('shown');
  expect(keepOfSame('two')('shown', asked)).toBeUndefined();
  expect(keepOfSame('one')('shown', undefined)).toBeUndefined();
});
