import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { type Asked, startTestServer, type TestServer } from '../http.ts';
import { joinAs } from '../people.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { until } from './until.ts';

/** A minute's worth may be asked for at once; the test asks for far more. */
const READS = 40;

let redis: PrivateRedis;
let server: TestServer;
beforeAll(async () => {
  redis = await startPrivateRedis();
  server = await startTestServer({
    REDIS_URL: redis.url,
    SIGNALBOX_RATE_READS: String(READS),
    // Where only this machine reaches it, nobody is limited.
    SIGNALBOX_HOST: '0.0.0.0',
  });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await redis?.close();
});

const owner = {
  ask: (path: string, asked: Asked = {}) =>
    server.ask(path, { ...asked, headers: { authorization: `Bearer ${server.secret}` } }),
};

test('F38 without what Redis held sessions go on, and calls are limited as before, by each process for itself', async () => {
  const person = await joinAs(server, owner, 'viewer');
  const ask = async () => (await person.ask('/api/v1/runs?limit=1')).status;
  const untilRefused = () => until('calls to be too many', async () => (await ask()) === 429);
  expect(await ask()).toBe(200);

  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  expect(await ask()).toBe(200);
  await untilRefused();

  await redis.kill();
  // What was counted there is gone with it. That each process counts for itself is as strict for the only one.
  expect(await ask()).toBeOneOf([200, 429]);
  await untilRefused();
  // Who is refused is known all the same: a stranger would be told to sign in.
  expect((await server.ask('/api/v1/runs?limit=1')).status).toBe(401);

  await redis.start();
  await until('the session to be served again', async () => (await ask()) === 200);
  const { services, database } = server.program;
  expect((await audit({ sql: database.sql, graphOf: services.graphOf })).findings).toEqual([]);
});
