import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { startTcpProxy, type TcpProxy } from '#server/testing/tcp-proxy.ts';
import { connectDatabase, connectEngine, connectReader, type Sql } from './client.ts';

/** Of a statement: whoever hears nothing for a quarter longer has lost its connection. */
const STATEMENT_MS = 400;

let database: TestDatabase;
let proxy: TcpProxy;
const open: Sql[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  const { hostname, port } = new URL(database.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((sql) => sql.end({ timeout: 1 })));
  await proxy.close();
});

const KINDS = {
  'an engine': connectEngine,
  'a reader': connectReader,
  'a door': (options: Parameters<typeof connectDatabase>[0]) =>
    connectDatabase({ ...options, isShort: true }),
};
const kinds = Object.entries(KINDS);

function connect(kind: (typeof kinds)[number][1], statementMs: number | null = STATEMENT_MS): Sql {
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const limits = statementMs === null ? {} : { statementMs };
  const sql = kind({ url: url.href, applicationName: 'silent', max: 1, ...limits });
  open.push(sql);
  return sql;
}

test.each(kinds)(
  '%s whose connection died without a word hears of it, and goes on by a new one',
  async (_, kind) => {
    const sql = connect(kind);
    const ask = () => sql`SELECT pg_backend_pid() AS pid`;
    const [before] = await ask();
    proxy.swallowAnswers(true);
    const lost = ask().catch((error) => error);
    // What waits behind it is lost with it.
    const behind = ask().catch((error) => error);
    expect(await lost).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await behind).toMatchObject({ code: 'CONNECTION_CLOSED' });
    proxy.swallowAnswers(false);
    const [after] = await ask();
    expect(after?.pid).not.toBe(before?.pid);
  },
);

test('an answer that stops half-way is as lost as one that never began', async () => {
  const sql = connect(connectEngine);
  await sql`SELECT`;
  const heard = proxy.countAnswers('begun');
  const lost = sql`SELECT repeat('begun', 100000) AS text, pg_sleep(0.1) FROM generate_series(1, 3)`.catch(
    (error) => error,
  );
  while (heard() === 0) await new Promise(setImmediate);
  proxy.swallowAnswers(true);
  expect(await lost).toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a statement that takes too long is ended by the server, which says so on the connection that there is', async () => {
  const sql = connect(connectEngine);
  const [before] = await sql`SELECT pg_backend_pid() AS pid`;
  await expect(sql`SELECT pg_sleep(60)`).rejects.toMatchObject({ code: '57014' });
  expect(await sql`SELECT pg_backend_pid() AS pid`).toEqual([before]);
});

test('a connection that owes no answer is left alone, however long it is silent', async () => {
  const sql = connect(connectEngine);
  const [before] = await sql`SELECT pg_backend_pid() AS pid`;
  // Longer than any answer may take, on a clock that is not ours.
  await database.sql`SELECT pg_sleep(${(STATEMENT_MS * 2) / 1000})`;
  expect(await sql`SELECT pg_backend_pid() AS pid`).toEqual([before]);
});

test('what may take long has no such end: upkeep and tools wait as long as the server works', async () => {
  const sql = connect(connectDatabase);
  const [before] = await sql`SELECT pg_backend_pid() AS pid`;
  const [during] = await sql`SELECT pg_backend_pid() AS pid, pg_sleep(${(STATEMENT_MS * 2) / 1000})`;
  expect(during?.pid).toBe(before?.pid);
});

test('a transaction whose client has gone silent is ended by the server, and its locks are free', async () => {
  await database.sql`CREATE TABLE held AS SELECT 1 AS id`;
  const sql = connect(connectEngine);
  const held = Promise.withResolvers<void>();
  const silence = Promise.withResolvers<void>();
  const holding = sql
    .begin(async (transaction) => {
      await transaction`SELECT FROM held FOR UPDATE`;
      held.resolve();
      // A process that stands still.
      await silence.promise;
    })
    .catch(() => undefined);
  await held.promise;
  await database.sql`UPDATE held SET id = 2`;
  silence.resolve();
  await holding;
});

test.each(kinds)('the server looks whether %s is still there', async (_, kind) => {
  const sql = connect(kind, null);
  const names = [
    'statement_timeout',
    'idle_in_transaction_session_timeout',
    'tcp_user_timeout',
    'tcp_keepalives_idle',
    'tcp_keepalives_interval',
    'tcp_keepalives_count',
  ];
  const settings = await Promise.all(
    names.map(async (name) => (await sql.unsafe(`SELECT current_setting('${name}') AS value`))[0]?.value),
  );
  expect(settings).toEqual(['1min', '1min', '60000', '30', '10', '3']);
});
