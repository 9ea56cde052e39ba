import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { KEY } from '#server/redis/keys.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { startOpenRun } from '#server/testing/workspace/rig.ts';
import { readFile, writeFile } from './files.ts';

/** What hot state has of files, as Redis itself tells it. */
let redis: PrivateRedis;
let asked: Redis;
let program: TestApp;
let of: RunId;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  redis = await startPrivateRedis();
  asked = new Redis(redis.url);
  program = await startTestApp({ REDIS_URL: redis.url });
  of = await startOpenRun(...at());
});
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  asked?.disconnect();
  await redis?.close();
});

const HOUR_MS = 3_600_000;
/** Whatever the machine is busy with, the rest of an hour is more than half of it. */
const HALF_MS = HOUR_MS / 2;

const keyOf = (content: string) =>
  KEY.workspaceContent(program.actor.orgId, createHash('sha256').update(content).digest('hex'));

const read = async (path: string) => (await readFile(...at(), { of, path })).content;

/** Hot state is told beside the answer. */
async function write(path: string, content: string): Promise<string> {
  await writeFile(...at(), { of, path, content });
  const key = keyOf(content);
  await vi.waitFor(async () => expect(await asked.exists(key)).toBe(1), { timeout: 60_000, interval: 20 });
  return key;
}

async function looks(): Promise<Record<string, number>> {
  const text = await program.metrics.read();
  const found = text.matchAll(/^signalbox_workspace_hot_lookups_total\{result="(\w+)"\} (\d+)$/gm);
  return {
    hit: 0,
    miss: 0,
    ...Object.fromEntries([...found].map(([, result, count]) => [result, Number(count)])),
  };
}

test('what was written stays for an hour, and each reading begins that hour anew', async () => {
  const key = await write('used.md', 'read now and then');
  const left = await asked.pttl(key);
  expect(left).toBeGreaterThan(HALF_MS);
  expect(left).toBeLessThanOrEqual(HOUR_MS);
  // As when most of the hour has passed.
  await asked.pexpire(key, 60_000);
  const before = await looks();
  expect(await read('used.md')).toEqual({ text: 'read now and then' });
  expect(await asked.pttl(key)).toBeGreaterThan(HALF_MS);
  expect(await looks()).toEqual({ ...before, hit: (before.hit ?? 0) + 1 });
});

test.each([
  ['a small file', 'kept in Postgres'],
  ['a large file', 'kept in the object store\n'.repeat(5000)],
])(
  '%s whose time is over is read from where it is kept, counted as missed, and put back',
  async (name, content) => {
    const key = await write(name, content);
    await asked.pexpire(key, 1);
    await vi.waitFor(async () => expect(await asked.exists(key)).toBe(0), { timeout: 60_000, interval: 5 });
    const before = await looks();
    expect(await read(name)).toEqual({ text: content });
    expect(await looks()).toEqual({ ...before, miss: (before.miss ?? 0) + 1 });
    expect(await asked.pttl(key)).toBeGreaterThan(HALF_MS);
    expect(await asked.get(key)).toBe(`t${content}`);
    expect(await read(name)).toEqual({ text: content });
    expect(await looks()).toEqual({ hit: (before.hit ?? 0) + 1, miss: (before.miss ?? 0) + 1 });
  },
);
