import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { type Actor, LOCAL_OWNER, NOBODY } from '../actor.ts';
import { createRates, type Rates } from './rates.ts';

const NOW = 1_790_000_000_000;
const key: Actor = { ...LOCAL_OWNER, kind: 'key', id: 'key_1' };
const stranger: Actor = { ...NOBODY, from: { address: '203.0.113.1', requestId: null, userAgent: null } };

let redis: PrivateRedis;
const connections: HotState[] = [];
beforeAll(async () => {
  redis = await startPrivateRedis();
});
afterAll(async () => {
  await Promise.all(connections.map((each) => each.stop()));
  await redis?.close();
});

async function startProcess(): Promise<{ rates: Rates; hot: HotState }> {
  const hot = createRedisHotState({ url: redis.url });
  await hot.start();
  connections.push(hot);
  const now = () => NOW;
  const rates = createRates({
    hot: {
      // Redis has a clock of its own: one an hour, so that nothing comes back while the test runs.
      draw: (name, bucket, cost) => hot.draw(name, { ...bucket, windowMs: 3_600_000 * bucket.size }, cost),
    },
    local: createMemoryHotState({ now }),
    perMinute: { reads: 30, writes: 20, agents: 20, 'sign-ins': 5 },
    isLocalOnly: false,
    now,
    onLimited: () => undefined,
  });
  return { rates, hot };
}

async function countLet(count: number, ask: (at: number) => Promise<boolean>): Promise<number> {
  return (await Promise.all(Array.from({ length: count }, (_, at) => ask(at)))).filter(Boolean).length;
}

it('holds one limit over two processes, and goes on with one for each when Redis has died', async () => {
  const [one, two] = [await startProcess(), await startProcess()];
  const reads = async (at: number) =>
    (await (at % 2 === 0 ? one : two).rates.admit(key, { reads: 1 })).refusal === null;
  const attempts = (at: number) =>
    (at % 2 === 0 ? one : two).rates.attempt(stranger, 'user_1').then(
      () => true,
      () => false,
    );
  expect(await countLet(100, reads)).toBe(30);
  expect(await countLet(40, attempts)).toBe(5);
  await redis.kill();
  await expect
    .poll(() => [one, two].map(({ hot }) => hot.state().connected), { timeout: 60_000 })
    .toEqual([false, false]);
  // Who reads goes on, though not without a limit.
  expect(await countLet(200, reads)).toBe(60);
  // Whoever guesses has used up here what was asked of each process.
  expect(await countLet(40, attempts)).toBe(0);
});
