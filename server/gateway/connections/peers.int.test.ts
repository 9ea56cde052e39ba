import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { until } from '#server/testing/faults/until.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { BREAKER_DEFAULTS, createBreaker } from './breaker.ts';
import { createPeers } from './peers.ts';

let redis: PrivateRedis;
beforeAll(async () => {
  redis = await startPrivateRedis();
});
afterAll(() => redis.close());

const HOT: Record<string, () => Promise<[HotState, HotState]>> = {
  async memory() {
    const one = createMemoryHotState();
    await one.start();
    return [one, one];
  },
  async Redis() {
    const both = [createRedisHotState({ url: redis.url }), createRedisHotState({ url: redis.url })] as const;
    for (const state of both) await state.start();
    return [...both];
  },
};

async function startProcess(hot: HotState, connection: string) {
  const now = Date.now;
  const peers = createPeers({ hot, id: randomUUID(), now });
  const share = peers.shareOf(connection, BREAKER_DEFAULTS.windowMs);
  const breaker = createBreaker({ ...BREAKER_DEFAULTS, restMs: 600_000, maxRestMs: 600_000, now, share });
  peers.onBreaker((id, restMs) => {
    if (id === connection) breaker.follow(restMs);
  });
  await peers.start();
  return { peers, breaker };
}

describe.each(Object.keys(HOT))('processes that share %s', (kind) => {
  test('count the faults of a server together, and rest and come back together', async () => {
    const [left, right] = await (HOT[kind] as (typeof HOT)[string])();
    const connection = randomUUID();
    const [one, two] = [await startProcess(left, connection), await startProcess(right, connection)];
    for (let fault = 0; fault < 2; fault += 1) one.breaker.settle(true);
    expect(one.breaker.look().state).toBe('closed');
    // Three more, none of which would be enough for one process alone.
    for (let fault = 0; fault < 3; fault += 1) two.breaker.settle(true);
    await until('both rest', async () => [one, two].every(({ breaker }) => breaker.look().state === 'open'));
    one.breaker.close();
    await until('both are back', async () =>
      [one, two].every(({ breaker }) => breaker.look().state === 'closed'),
    );
    // What was before counts no more.
    two.breaker.settle(true);
    await until('it is counted', async () => two.breaker.look().faults === 1);
    expect(two.breaker.look().state).toBe('closed');
    for (const { peers } of [one, two]) await peers.stop();
    for (const state of new Set([left, right])) await state.stop();
  });

  test('share the calls that may be under way, until one of them goes', async () => {
    const [left, right] = await (HOT[kind] as (typeof HOT)[string])();
    const connection = randomUUID();
    const [one, two] = [await startProcess(left, connection), await startProcess(right, connection)];
    await one.peers.join(connection);
    expect(one.peers.countOf(connection)).toBe(1);
    await two.peers.join(connection);
    expect(two.peers.countOf(connection)).toBe(2);
    await until('the other one knows', async () => one.peers.countOf(connection) === 2);
    await two.peers.stop();
    await until('it has all again', async () => one.peers.countOf(connection) === 1);
    await one.peers.stop();
    for (const state of new Set([left, right])) await state.stop();
  });
});

test('a process counts for itself while Redis is away', async () => {
  const own = await startPrivateRedis();
  const hot = createRedisHotState({ url: own.url });
  await hot.start();
  const connection = randomUUID();
  const { peers, breaker } = await startProcess(hot, connection);
  await own.close();
  await until('it is away', async () => !hot.state().connected);
  await peers.join(connection);
  expect(peers.countOf(connection)).toBe(1);
  for (let fault = 0; fault < BREAKER_DEFAULTS.faults; fault += 1) breaker.settle(true);
  expect(breaker.look().state).toBe('open');
  await peers.stop();
  await hot.stop();
});
