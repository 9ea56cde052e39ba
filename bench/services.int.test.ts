import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectDatabase } from '#db/client.ts';
import { signalGroup } from '#server/gateway/programs/groups.ts';
import type { Service } from './service-process.ts';
import { canConnect } from './service-process.ts';
import type { ServiceSet } from './services.ts';
import { createServiceSet } from './services.ts';

const noGuardian = { watch: () => {}, forget: () => {} };

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

function portOf({ url }: Service): number {
  return Number(new URL(url).port);
}

describe('private servers', () => {
  let dir: string;
  let services: ServiceSet;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'signalbox-bench-test-'));
    await chmod(dir, 0o755);
    services = createServiceSet(dir, noGuardian);
  });

  afterEach(async () => {
    await services.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function expectGone(service: Service): Promise<void> {
    await services.stop();
    expect(service.pids.map((pid) => signalGroup(pid, 0))).toEqual([false]);
    expect(await canConnect(portOf(service))).toBe(false);
    expect(existsSync(dir)).toBe(false);
  }

  it('gives a Postgres that flushes its commits, and leaves nothing of it', async () => {
    const service = await services.start({ kind: 'postgres' });
    const sql = connectDatabase({ url: service.url, applicationName: 'test', max: 1 });
    const rows = await sql`
      select name, setting from pg_settings where name in ('fsync', 'synchronous_commit') order by name`;
    await sql.end();
    expect(rows.map((row) => row.setting)).toEqual(['on', 'on']);
    await expectGone(service);
  });

  it.each(['none', 'everysec', 'always'] as const)(
    'gives a Redis with persistence %s',
    async (persistence) => {
      const service = await services.start({ kind: 'redis', persistence });
      const { default: Redis } = await import('ioredis');
      const redis = new Redis(service.url);
      const [[, appendOnly], [, appendFsync], [, save]] = await Promise.all([
        redis.config('GET', 'appendonly') as Promise<[string, string]>,
        redis.config('GET', 'appendfsync') as Promise<[string, string]>,
        redis.config('GET', 'save') as Promise<[string, string]>,
      ]);
      redis.disconnect();
      expect(appendOnly).toBe(persistence === 'none' ? 'no' : 'yes');
      if (persistence !== 'none') expect(appendFsync).toBe(persistence);
      expect(save).toBe('');
      await expectGone(service);
    },
  );

  it('gives a RabbitMQ that takes confirmed messages, and leaves nothing of it', async () => {
    const service = await services.start({ kind: 'rabbitmq' });
    const { connect } = await import('amqplib');
    const connection = await connect(service.url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', { durable: true });
    channel.sendToQueue('q', Buffer.from('hello'));
    await channel.waitForConfirms();
    const message = await channel.get('q', { noAck: true });
    await connection.close();
    expect(message ? message.content.toString() : null).toBe('hello');
    await expectGone(service);
  });
});

describe('the guardian', () => {
  it('ends the servers and removes the data of a harness that was killed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'signalbox-bench-test-'));
    await chmod(dir, 0o755);
    const harness = fork(join(import.meta.dirname, 'testing/harness-to-kill.ts'), [dir]);
    const [pid, port] = await new Promise<[number, number]>((resolve) => harness.once('message', resolve));
    expect(await canConnect(port)).toBe(true);
    harness.kill('SIGKILL');
    await waitUntil(() => !signalGroup(pid, 0));
    await waitUntil(() => !existsSync(dir));
    expect(await canConnect(port)).toBe(false);
  });
});
