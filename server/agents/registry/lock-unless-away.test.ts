import { expect, test } from 'vitest';
import { LOCK } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { lockUnlessAway } from './lock-unless-away.ts';

const asked = { name: LOCK.agentHealth, owner: 'me', forMs: 60_000 };

test('one has the turn, until it ends it', async () => {
  const hot = createMemoryHotState();
  await hot.start();
  const first = await lockUnlessAway(hot, asked);
  expect(await lockUnlessAway(hot, { ...asked, owner: 'you' })).toBeNull();
  await first?.end();
  expect(await lockUnlessAway(hot, { ...asked, owner: 'you' })).not.toBeNull();
  await hot.stop();
});

test('where hot state is away everybody has it', async () => {
  const away = () => Promise.reject(new Error('away'));
  const turn = await lockUnlessAway({ acquireLock: away, releaseLock: away }, asked);
  expect(turn).not.toBeNull();
  await turn?.end();
});

test('hot state that goes away meanwhile keeps nobody from ending it', async () => {
  const hot = {
    acquireLock: async () => ({ name: 'turn', token: 1, owner: 'me' }) as never,
    releaseLock: () => Promise.reject(new Error('away')),
  };
  await (await lockUnlessAway(hot, asked))?.end();
});
