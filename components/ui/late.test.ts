import { expect, test } from 'vitest';
import { latePart } from './late.tsx';
import { watchForOutdated } from './outdated.ts';

test('what comes late is fetched once, however many want it, and is there from then on', async () => {
  let fetched = 0;
  const part = latePart(async () => ({ number: ++fetched }));
  expect(part.get()).toBeUndefined();
  const [first, second] = await Promise.all([part.load(), part.load()]);
  expect([first, second, await part.load(), part.get()]).toEqual(
    Array.from({ length: 4 }, () => ({ number: 1 })),
  );
});

test('what could not be fetched is tried again by whoever wants it next', async () => {
  let isAway = true;
  const part = latePart(
    async () => {
      if (isAway) throw new Error('the server is away');
      return 'here';
    },
    { outdated: watchForOutdated(async () => false) },
  );
  await expect(part.load()).rejects.toThrow('the server is away');
  expect(part.get()).toBeUndefined();
  isAway = false;
  expect(await part.load()).toBe('here');
});
