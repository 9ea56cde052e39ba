import { expect, test } from 'vitest';
import { onceKeys } from './once.ts';

test('the same input has one key until it has succeeded, whatever is tried in between', () => {
  const keys = onceKeys();
  const first = keys.keyOf({ id: 'a', input: { n: 1 } });
  const other = keys.keyOf({ id: 'a', input: { n: 2 } });
  expect(other).not.toBe(first);
  expect(keys.keyOf({ id: 'a', input: { n: 1 } })).toBe(first);

  keys.isDone({ id: 'a', input: { n: 1 } });
  expect(keys.keyOf({ id: 'a', input: { n: 1 } })).not.toBe(first);
  expect(keys.keyOf({ id: 'a', input: { n: 2 } })).toBe(other);
});
