import { expect, test } from 'vitest';
import { watchForOutdated } from './outdated.ts';
import { patiently } from './patiently.ts';

test('a part is asked for until the server is there again, however long that takes', async () => {
  let asked = 0;
  const fetchPart = async () => {
    asked += 1;
    if (asked < 10) throw new Error('the server is away');
    return 'here';
  };
  expect(await patiently(fetchPart, { isThere: async () => false, againMs: 0 })()).toBe('here');
  expect(asked).toBe(10);
});

test('a part that a server which answers does not have is given up', async () => {
  let asked = 0;
  const fetchPart = async () => {
    asked += 1;
    throw new Error('no such part');
  };
  const isThere = async () => true;
  const given = { isThere, againMs: 0, outdated: watchForOutdated(isThere) };
  await expect(patiently(fetchPart, given)()).rejects.toThrow('no such part');
  expect(asked).toBe(3);
});
