import { expect, test } from 'vitest';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createAccess } from './access.ts';

test('what is remembered of somebody is read anew after two seconds, and when the clock is set back', async () => {
  let nowMs = 86_400_000;
  let reads = 0;
  const hearsay = { tell: async () => undefined, listen: async () => async () => undefined };
  const hot = createMemoryHotState();
  const access = createAccess({ hot, hearsay, now: () => nowMs, onTrouble: () => undefined });
  const entry = { actor: { id: 'somebody' } } as never;
  const remember = () =>
    access.remember('key', async () => {
      reads += 1;
      return entry;
    });
  await remember();
  nowMs += 1999;
  await remember();
  expect(reads).toBe(1);
  nowMs += 1;
  await remember();
  expect(reads).toBe(2);
  // By a day: it would be believed for as long as that.
  nowMs -= 86_000_000;
  await remember();
  expect(reads).toBe(3);
});
