import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { provideBrokerRig } from './broker-rig.ts';

const PATIENCE_MS = 240_000;
/** Between two looks whether there is something to forget: the runs need the machine too. */
const LOOK_MS = 5;

const current = provideBrokerRig();
let redis: PrivateRedis;
beforeEach(async () => {
  redis = await startPrivateRedis();
});
afterEach(() => redis.close());

async function withRedis<Result>(act: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(redis.url);
  return act(client).finally(() => client.disconnect());
}

/** How often Redis has refused a command with this error, or what else its statistics count under a name. */
async function counted(name: string): Promise<number> {
  const info = await withRedis((client) => client.info('everything'));
  return Number(new RegExp(`^${name}:(?:count=)?(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}

describe('I10: hot state that is lost changes nothing but time', () => {
  test('F38 by FLUSHALL, again and again while runs go on', async () => {
    const { rig, agent, engine: startEngine } = current();
    const engine = await startEngine({ redisUrl: redis.url });
    await agent.start();
    let areOver = false;
    const work = async () => {
      await rig.load(engine, 120, 38);
      await rig.allEnded(PATIENCE_MS);
    };
    const forgetting = withRedis(async (client) => {
      let times = 0;
      while (!areOver) {
        await sleep(LOOK_MS);
        if ((await client.dbsize()) === 0) continue;
        await client.flushall();
        times += 1;
      }
      return times;
    });
    const [emptied] = await Promise.all([
      forgetting,
      work().finally(() => {
        areOver = true;
      }),
    ]);
    expect(emptied).toBeGreaterThan(1);
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
    expect((await counted('errorstat_OOM')) + (await counted('evicted_keys'))).toBeGreaterThan(0);
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
    expect(await counted('errorstat_READONLY')).toBeGreaterThan(0);
    await withRedis((client) => client.replicaof('NO', 'ONE'));
    await rig.startAll(engine, await rig.orders(5, 41));
    await rig.allEnded();
    expect(engine.isAlive()).toBe(true);
    await rig.expectSound();
  });
});
