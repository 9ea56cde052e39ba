import { expect, test } from 'vitest';
import { createWishKeys } from './wish-keys.ts';

test('a wish that is repeated has the key that it had, until it has come true', () => {
  const keys = createWishKeys();
  const first = keys.of({ name: 'a', text: '{}' });
  const other = keys.of({ name: 'b', text: '{}' });
  expect(other).not.toBe(first);
  expect([keys.of({ name: 'a', text: '{}' }), keys.of({ name: 'b', text: '{}' })]).toEqual([first, other]);
  keys.done();
  expect([first, other]).not.toContain(keys.of({ name: 'a', text: '{}' }));
});
