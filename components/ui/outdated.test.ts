import { expect, test } from 'vitest';
import { latePart } from './late.tsx';
import { watchForOutdated } from './outdated.ts';
import { patiently } from './patiently.ts';

const gone = async () => Promise.reject(new Error('404'));

test('a tab whose server lacks its parts is outdated, and says so once it is certain', async () => {
  const outdated = watchForOutdated(async () => true);
  const told: boolean[] = [];
  outdated.subscribe(() => told.push(outdated.get()));
  let asked = 0;
  const part = latePart(
    async () => {
      asked += 1;
      expect(outdated.get()).toBe(false);
      return gone();
    },
    { outdated, againMs: 0 },
  );
  await expect(part.load()).rejects.toThrow('404');
  expect([asked, ...told]).toEqual([3, true]);
});

test('a server that is away is no other version, nor is one that had the part at last', async () => {
  let isThere = false;
  const outdated = watchForOutdated(async () => isThere);
  for (let tries = 0; tries < 9; tries++) await outdated.refused();
  isThere = true;
  for (let tries = 0; tries < 9; tries++) {
    await outdated.refused();
    outdated.had();
  }
  expect(outdated.get()).toBe(false);
});

test('a part of a page that is given up says so too', async () => {
  const outdated = watchForOutdated(async () => true);
  await expect(patiently(gone, { isThere: async () => true, againMs: 0, outdated })()).rejects.toThrow('404');
  expect(outdated.get()).toBe(true);
});
