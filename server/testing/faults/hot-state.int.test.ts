import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { provideBrokerRig } from './broker-rig.ts';

const current = provideBrokerRig();
let redis: PrivateRedis;
beforeEach(async () => {
  redis = await startPrivateRedis();
});
afterEach(() => redis.close());

async function withRedis(act: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(redis.url);
  await act(client);
  client.disconnect();
}

describe('hot state that is lost, and changes nothing but time', () => {
  test('F38 by FLUSHALL, again and again while runs go on', async () => {
    const { rig, agent, engine: startEngine } = current();
    const engine = await startEngine({ redisUrl: redis.url });
    await agent.start();
    const runs = rig.startAll(engine, await rig.orders(30, 38));
    await withRedis(async (client) => {
      for (let round = 0; round < 10; round += 1) await client.flushall();
    });
    await runs;
    await rig.allEnded();
    await rig.expectSound();
  });

  test('F38 by a kill, and no Redis at all until half of the work is done', async () => {
    const { rig, agent, engine: startEngine } = current();
    const engine = await startEngine({ redisUrl: redis.url });
    await agent.start();
    await rig.startAll(engine, await rig.orders(10, 380));
    await redis.kill();
    await rig.startAll(engine, await rig.orders(10, 381));
    await rig.allEnded();
    await redis.start();
    await rig.startAll(engine, await rig.orders(10, 382));
    await rig.allEnded();
    expect(engine.isAlive()).toBe(true);
    await rig.expectSound();
  });

  test.each(['allkeys-lru', 'noeviction'])('F39 by having no memory left, under %s', async (policy) => {
    const { rig, agent, engine: startEngine } = current();
    const engine = await startEngine({ redisUrl: redis.url });
    await agent.start();
    await withRedis(async (client) => {
      await client.config('SET', 'maxmemory-policy', policy);
      await client.config('SET', 'maxmemory', '1mb');
    });
    await rig.startAll(engine, await rig.orders(15, policy.length));
    await rig.allEnded();
    await withRedis((client) => client.config('SET', 'maxmemory', '0'));
    expect(engine.isAlive()).toBe(true);
    await rig.expectSound();
  });

  test('F40 by a failover that leaves a server which only reads', async () => {
    const { rig, agent, engine: startEngine } = current();
    const engine = await startEngine({ redisUrl: redis.url });
    await agent.start();
    await withRedis((client) => client.replicaof('127.0.0.1', 1));
    await rig.startAll(engine, await rig.orders(15, 40));
    await rig.allEnded();
    await withRedis((client) => client.replicaof('NO', 'ONE'));
    await rig.startAll(engine, await rig.orders(5, 41));
    await rig.allEnded();
    expect(engine.isAlive()).toBe(true);
    await rig.expectSound();
  });
});
