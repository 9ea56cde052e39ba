import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type HttpAnswer, startTestServer, type TestServer } from '../http.ts';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let server: TestServer;
beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  server = await startTestServer({ DATABASE_URL: url.href });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await proxy?.close();
  await database?.[Symbol.asyncDispose]();
});

const LIST = `/api/trpc/runs.list?input=${encodeURIComponent('{}')}`;
const PIPELINE = { name: 'while it is away', stages: [{ name: 'only', type: 'echo' }] };
const DOORS: Record<string, () => Promise<HttpAnswer>> = {
  'a read by REST': () => server.call('/api/v1/runs'),
  'a change by REST': () => server.call('/api/v1/pipelines', PIPELINE),
  'a procedure': () => server.call(LIST),
};
const PATIENCE = { timeout: 60_000, interval: 100 };

test('F31 while Postgres is away every door says so, and when to come again; then it answers as before', async () => {
  for (const ask of [DOORS['a read by REST'], DOORS['a procedure']])
    expect((await ask?.())?.status).toBe(200);
  proxy.refuse(true);
  proxy.cut();
  for (const [door, ask] of Object.entries(DOORS)) {
    const { status, headers, body } = await ask();
    expect([door, status]).toEqual([door, 503]);
    const problem = body.error?.data.problem ?? body;
    expect(problem).toMatchObject({ code: 'UNAVAILABLE', advice: expect.stringContaining('/readyz') });
    if (!body.error) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain(String(proxy.port));
  }
  expect((await server.fetch('/readyz')).status).toBe(503);
  proxy.refuse(false);
  for (const [door, ask] of Object.entries(DOORS))
    await expect.poll(async () => [door, (await ask()).status < 300], PATIENCE).toEqual([door, true]);
  const { graphOf } = server.program.services;
  expect((await audit({ sql: database.sql, graphOf })).findings).toEqual([]);
});
