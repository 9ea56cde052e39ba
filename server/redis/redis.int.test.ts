import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { describeHotStateContract, eventually } from './contract.ts';
import { CHANNEL, KEY, LOCK, PRESENCE } from './keys.ts';
import type { HotState } from './port.ts';
import { createRedisHotState } from './redis.ts';

/** REDIS_URL names the server; without it the file starts its own. */
let own: PrivateRedis | undefined;
let url = process.env.REDIS_URL ?? '';
beforeAll(async () => {
  if (url) return;
  own = await startPrivateRedis();
  url = own.url;
});
afterAll(async () => own?.close());

async function start(): Promise<HotState> {
  const state = createRedisHotState({ url });
  await state.start();
  return state;
}

describeHotStateContract('Redis', async () => {
  const state = await start();
  const run = randomUUID();
  return { state, unique: (name) => `${name}-${run}`, pass: sleep, close: () => state.stop() };
});

describe('Redis hot state', () => {
  it('carries messages between processes, each once, also from foreign publishers', async () => {
    const [one, two, raw] = [await start(), await start(), new Redis(url)];
    const channel = CHANNEL.workspace(randomUUID());
    const heard: string[] = [];
    await one.subscribe(channel, (message) => heard.push(`one ${message}`));
    await two.subscribe(channel, (message) => heard.push(`two ${message}`));
    await one.publish(channel, 'from one');
    await eventually(() => expect(heard.toSorted()).toEqual(['one from one', 'two from one']));
    await raw.publish(channel, 'from outside');
    await eventually(() => expect(heard).toHaveLength(4));
    expect(heard.toSorted()).toEqual([
      'one from one',
      'one from outside',
      'two from one',
      'two from outside',
    ]);
    await Promise.all([one.stop(), two.stop(), raw.quit()]);
  });

  it('does not wait for one answer before it asks the next', async () => {
    const state = await start();
    const raw = new Redis(url);
    const key = KEY.mcpFaults(`pipelined-${randomUUID()}`);
    const reads = async (): Promise<number> => {
      const info = await raw.info('stats');
      return Number(/^total_reads_processed:(\d+)/m.exec(info)?.[1]);
    };
    const before = await reads();
    await Promise.all(Array.from({ length: 200 }, () => state.increment(key, 1, 60_000)));
    const after = await reads();
    expect(await state.get(key)).toBe('200');
    // Two of the reads are our own questions; a shared server may add some, far from 200.
    expect(after - before).toBeLessThan(50);
    await Promise.all([state.stop(), raw.quit()]);
  });

  it('shares locks and presence between processes', async () => {
    const [one, two] = [await start(), await start()];
    const name = LOCK.agentProbe(randomUUID(), 1);
    const kind = PRESENCE.mcpCallers(randomUUID());
    const lock = await one.acquireLock(name, 'one', 60_000);
    expect(await two.acquireLock(name, 'two', 60_000)).toBeNull();
    expect(lock && (await two.releaseLock(lock))).toBe(true);
    await one.beat(kind, { id: 'a', data: 'here', ttlMs: 60_000 });
    expect((await two.listPresent(kind)).map(({ id }) => id)).toEqual(['a']);
    await Promise.all([one.stop(), two.stop()]);
  });
});
