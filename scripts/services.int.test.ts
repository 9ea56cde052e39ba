import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type ConfirmChannel, connect } from 'amqplib';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureServices } from './services.mjs';

/** Private services that tests may hurt: data survives a kill, and nothing survives the end. */

let services: Awaited<ReturnType<typeof ensureServices>>;

beforeAll(async () => {
  services = await ensureServices({ postgres: 'private', redis: 'private', rabbitmq: 'private' });
});
afterAll(() => services.stop());

async function withSql<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(String(services.postgres?.url), { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

async function withBroker<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(String(services.rabbitmq?.url));
  try {
    const channel = await connection.createConfirmChannel();
    // What is wrong is told by the call that it ends.
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await connection.close();
  }
}

describe('private services', () => {
  test('keep what Postgres committed over a kill -9, with fsync on', async () => {
    await withSql(async (sql) => {
      await sql`create table kept (value int)`;
      await sql`insert into kept values (42)`;
      expect((await sql`show fsync`)[0]?.fsync).toBe('on');
    });
    await services.postgres?.kill9();
    await services.postgres?.restart();
    expect(await withSql((sql) => sql`select value from kept`)).toEqual([{ value: 42 }]);
  });

  test('keep what RabbitMQ confirmed over a kill -9', async () => {
    await withBroker(async (channel) => {
      await channel.assertQueue('kept', { durable: true });
      channel.sendToQueue('kept', Buffer.from('still here'), { persistent: true });
      await channel.waitForConfirms();
    });
    await services.rabbitmq?.kill9();
    await services.rabbitmq?.restart();
    const message = await withBroker((channel) => channel.get('kept', { noAck: true }));
    expect(message === false ? 'nothing' : message.content.toString()).toBe('still here');
  });

  test('freeze without closing connections, and thaw', async () => {
    const client = new Redis(String(services.redis?.url));
    await client.set('key', 'value');
    await services.redis?.freeze();
    let isAnswered = false;
    const answer = client.get('key').then((value) => {
      isAnswered = true;
      return value;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await services.redis?.thaw();
    expect(await answer).toBe('value');
    client.disconnect();
  });

  test('refuse to hurt a service that was there before', async () => {
    const foreign = await ensureServices({ postgres: true });
    expect(foreign.postgres?.origin).not.toBe('private');
    await expect(foreign.postgres?.kill9()).rejects.toThrow('not ours to stop');
  });

  test('leave no process and no folder behind when their owner is killed', async () => {
    const code = `
      import { ensureServices } from ${JSON.stringify(new URL('./services.mjs', import.meta.url).href)};
      const { redis, postgres } = await ensureServices({ redis: 'private', postgres: 'private' });
      console.log(JSON.stringify([redis, postgres].map(({ url, folder }) => ({ url, folder }))));
      setInterval(() => {}, 60_000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface({ input: owner.stdout }), 'line');
    const owned: { url: string; folder: string }[] = JSON.parse(String(line));
    expect(owned.map(({ folder }) => existsSync(folder))).toEqual([true, true]);
    owner.kill('SIGKILL');
    await vi.waitFor(
      () => expect(owned.map(({ folder }) => existsSync(folder))).toEqual([false, false]),
      60_000,
    );
    const { askSocket } = await import('./lib/net.mjs');
    for (const { url } of owned) {
      expect(await askSocket({ port: Number(new URL(url).port), send: 'PING\r\n' })).toBeUndefined();
    }
  });
});
