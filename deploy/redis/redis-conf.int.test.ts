import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redis as redisService } from '../../scripts/services/redis.mjs';

/** The production file, read by a real server. Only the data folder differs: `/data` exists in the container. */

const PASSWORD = 'a-password-of-this-test';
let server: Awaited<ReturnType<typeof redisService.startPrivate>>;
let client: Redis;

beforeAll(async () => {
  server = await redisService.startPrivate({
    configuration: readFileSync(join(import.meta.dirname, 'redis.conf'), 'utf8').replace(/^dir .*$/m, ''),
  });
  client = new Redis(server.url);
  await client.config('SET', 'requirepass', PASSWORD);
  await client.auth(PASSWORD);
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

async function settingOf(name: string): Promise<string> {
  const [, value] = (await client.config('GET', name)) as [string, string];
  return value;
}

describe('redis.conf', () => {
  test.each([
    ['maxmemory', String(512 * 1024 * 1024)],
    ['maxmemory-policy', 'noeviction'],
    ['stream-node-max-bytes', '4096'],
    ['stream-node-max-entries', '100'],
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
  ])('is understood by the server: %s is %s', async (name, value) => {
    expect(await settingOf(name)).toBe(value);
  });

  test('announces keys that expire, and nothing else', async () => {
    expect([...(await settingOf('notify-keyspace-events'))].sort()).toEqual(['E', 'x']);
    const listener = new Redis(server.url, { password: PASSWORD });
    await listener.psubscribe('__keyevent@*__:*');
    const announced = new Promise((resolve) =>
      listener.once('pmessage', (_, channel, key) => resolve([channel, key])),
    );
    await client.set('presence', '1', 'PX', 20);
    expect(await announced).toEqual(['__keyevent@0__:expired', 'presence']);
    listener.disconnect();
  });

  test('refuses writes instead of evicting when the memory is full', async () => {
    await client.set('lock', 'holder');
    await client.config('SET', 'maxmemory', '1mb');
    await expect(client.set('more', 'x'.repeat(1024))).rejects.toThrow('OOM');
    expect(await client.get('lock')).toBe('holder');
    await client.config('SET', 'maxmemory', '512mb');
  });

  test('holds no password', () => {
    const text = readFileSync(join(import.meta.dirname, 'redis.conf'), 'utf8');
    expect(text).not.toMatch(/^\s*(requirepass|user)\s/m);
  });
});
