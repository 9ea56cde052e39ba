import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { eventually } from './contract.ts';
import { CHANNEL, KEY, LOCK, PRESENCE } from './keys.ts';
import type { HotState } from './port.ts';
import { createRedisHotState } from './redis.ts';

/** These tests break the server, so it is theirs alone. */
describe('Redis hot state under faults', () => {
  let server: PrivateRedis;
  let replica: PrivateRedis;
  let raw: Redis;
  let state: HotState;
  let warnings: string[];
  const unavailable = expect.objectContaining({ name: 'SignalboxError', code: 'UNAVAILABLE' });

  beforeEach(async () => {
    server = await startPrivateRedis();
    replica = await startPrivateRedis();
    raw = new Redis(server.url, { maxRetriesPerRequest: null });
    warnings = [];
    state = createRedisHotState({
      url: server.url,
      commandTimeoutMs: 3_000,
      onWarning: (warning) => warnings.push(warning),
    });
    await state.start();
  });
  afterEach(async () => {
    await state.stop();
    raw.disconnect();
    await Promise.all([server.close(), replica.close()]);
  });

  const isBack = (): Promise<void> =>
    eventually(() =>
      expect(state.state()).toMatchObject({ connected: true, subscribed: true, lastError: null }),
    );

  it('gives a higher fencing token after FLUSHALL', async () => {
    const before = await state.acquireLock(LOCK.agentHealth, 'me', 60_000);
    await raw.flushall();
    const after = await state.acquireLock(LOCK.agentHealth, 'you', 60_000);
    expect(after?.token).toBeGreaterThan(before?.token ?? Number.POSITIVE_INFINITY);
    expect(before && (await state.renewLock(before, 60_000))).toBe(false);
  });

  it('gives a higher token even when the clock of Redis lies behind the last one', async () => {
    const future = (Date.now() + 3_600_000) * 1000;
    await raw.set(KEY.lockToken(LOCK.agentHealth), String(future));
    const lock = await state.acquireLock(LOCK.agentHealth, 'me', 60_000);
    expect(lock?.token).toBe(future + 1);
  });

  it('goes on after FLUSHALL: counters start anew, streams and presence fill again', async () => {
    const key = KEY.mcpFaults('calls');
    await state.increment(key, 5, 60_000);
    const old = await state.appendStream(
      KEY.runProgress('r'),
      { n: '1' },
      { maxEntries: 10, ttlSeconds: 60 },
    );
    await state.beat(PRESENCE.agents, { id: 'a', data: '', ttlMs: 60_000 });
    await raw.flushall();
    expect(await state.increment(key, 1, 60_000)).toBe(1);
    expect(await state.listPresent(PRESENCE.agents)).toEqual([]);
    await state.beat(PRESENCE.agents, { id: 'a', data: '', ttlMs: 60_000 });
    expect(await state.listPresent(PRESENCE.agents)).toHaveLength(1);
    await state.appendStream(KEY.runProgress('r'), { n: '2' }, { maxEntries: 10, ttlSeconds: 60 });
    const newer = await state.readStream(KEY.runProgress('r'), old, 10);
    expect(newer.map((entry) => entry.fields.n)).toEqual(['2']);
  });

  it('fails at once while Redis is away, still talks within the process, and comes back by itself', async () => {
    const heard: string[] = [];
    let gaps = 0;
    state.onGap(() => gaps++);
    await state.subscribe(CHANNEL.agents, (message) => heard.push(message));
    await server.kill();
    await eventually(() => expect(state.state()).toMatchObject({ connected: false, subscribed: false }));
    const calls = Array.from({ length: 1000 }, (_, i) => state.get(KEY.workspaceContent('org', String(i))));
    const results = await Promise.allSettled(calls);
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    await expect(state.acquireLock(LOCK.agentHealth, 'me', 1000)).rejects.toEqual(unavailable);
    expect(await state.publish(CHANNEL.agents, 'alone')).toBe(false);
    await eventually(() => expect(heard).toEqual(['alone']));
    await state.subscribe(CHANNEL.access, (message) => heard.push(message));
    expect(gaps).toBe(0);

    await server.start();
    await isBack();
    expect(gaps).toBe(1);
    await state.set(KEY.workspaceContent('org', 'x'), 'y');
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBe('y');
    await eventually(async () => {
      await raw.publish(CHANNEL.agents, 'outside');
      await raw.publish(CHANNEL.access, 'outside too');
      expect(heard).toEqual(expect.arrayContaining(['outside', 'outside too']));
    });
  });

  it('gives up what a hanging server does not answer, and comes back when it does', async () => {
    await raw.call('CLIENT', 'PAUSE', '60000', 'ALL');
    await expect(state.get(KEY.workspaceContent('org', 'x'))).rejects.toEqual(unavailable);
    await server.kill();
    await server.start();
    await isBack();
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBeNull();
  });

  it('connects anew when its server has become a replica', async () => {
    const killed = async (): Promise<number> => {
      const info = await raw.info('stats');
      return Number(/^total_connections_received:(\d+)/m.exec(info)?.[1]);
    };
    const before = await killed();
    await raw.replicaof('127.0.0.1', replica.port);
    await expect(state.set(KEY.workspaceContent('org', 'x'), 'y')).rejects.toEqual(unavailable);
    await eventually(async () => expect(await killed()).toBeGreaterThan(before));
    await raw.replicaof('NO', 'ONE');
    await eventually(() => state.set(KEY.workspaceContent('org', 'x'), 'y'));
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBe('y');
    await isBack();
  });

  it('says that Redis is full, and works again when it is not', async () => {
    await raw.config('SET', 'maxmemory', '1');
    const failure = await state.set(KEY.workspaceContent('org', 'x'), 'y').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('full') });
    await expect(state.beat(PRESENCE.agents, { id: 'a', data: '', ttlMs: 1000 })).rejects.toEqual(
      unavailable,
    );
    await raw.config('SET', 'maxmemory', '0');
    await state.set(KEY.workspaceContent('org', 'x'), 'y');
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBe('y');
  });

  it('warns when Redis may evict keys, and only then', async () => {
    expect(warnings).toEqual([]);
    await raw.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
    const worried = createRedisHotState({ url: server.url, onWarning: (warning) => warnings.push(warning) });
    await worried.start();
    await eventually(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toMatch(/allkeys-lru.*100 MB/);
    await raw.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
    await worried.stop();
  });

  it('starts without a server and finds it when it comes', async () => {
    await server.kill();
    const early = createRedisHotState({ url: server.url, startTimeoutMs: 100 });
    await early.start();
    expect(early.state().connected).toBe(false);
    expect(early.state().lastError).toContain('ECONNREFUSED');
    await server.start();
    await eventually(() => expect(early.state()).toMatchObject({ connected: true, subscribed: true }));
    await early.stop();
  });
});
