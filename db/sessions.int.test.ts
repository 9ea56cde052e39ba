import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { connectDatabase, connectEngine, type Sql } from './client.ts';
import { refuseSharedSessions } from './sessions.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const lane = (url = database.url) => connectEngine({ url, applicationName: 'test', max: 1 });

/** What becomes of the check, and the connections closed. */
async function judge(one: Sql, other: Sql): Promise<unknown> {
  const outcome = await refuseSharedSessions([one, other]).catch((error) => error);
  await Promise.all([one.end({ timeout: 2 }), other.end({ timeout: 2 })]);
  return outcome;
}

const REFUSED = { code: 'UNAVAILABLE', advice: expect.stringContaining('DATABASE_URL') };

test('two connections with sessions and settings of their own are let pass', async () => {
  expect(await judge(lane(), lane())).toBeUndefined();
});

test('two connections that come out in one session are refused', async () => {
  const one = lane();
  expect(await judge(one, one)).toMatchObject(REFUSED);
});

test('connections whose settings get lost on the way are refused', async () => {
  const plain = () => connectDatabase({ url: database.url, applicationName: 'test', max: 1 });
  const outcome = await judge(plain(), plain());
  expect(outcome).toBeInstanceOf(SignalboxError);
  expect(outcome).toMatchObject(REFUSED);
});

/** Takes the first message of each connection for one with an unknown setting, as PgBouncer does. */
async function startPooler(): Promise<{ url: string; close(): void }> {
  const fields = ['SFATAL', 'C08P01', 'Munsupported startup parameter: plan_cache_mode', ''];
  const body = Buffer.from(`${fields.join('\0')}\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(body.length + 4, 1);
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([head, body])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://signalbox:signalbox@127.0.0.1:${port}/any`, close: () => void server.close() };
}

test('a proxy that does not know the settings of a session is named, and what to do', async () => {
  const pooler = await startPooler();
  expect(await judge(lane(pooler.url), lane(pooler.url))).toMatchObject(REFUSED);
  pooler.close();
});

test('a Postgres that is not there is told as that', async () => {
  const pooler = await startPooler();
  pooler.close();
  expect(await judge(lane(pooler.url), lane(pooler.url))).toMatchObject({ code: 'ECONNREFUSED' });
});
