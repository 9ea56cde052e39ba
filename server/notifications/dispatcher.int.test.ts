import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { until } from '#server/testing/faults/until.ts';
import {
  giveDelivery,
  giveSecret,
  makeDue,
  readDelivery,
  startDispatcher,
} from '#server/testing/notification-rig.ts';
import { type Received, startReceiver } from '#server/testing/receiver.ts';
import { SCHEDULE_MS } from './backoff.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

const settled = (id: string, state: string) =>
  until(`delivery ${id} to be ${state}`, async () => {
    const row = await readDelivery(database.sql, id);
    return row.state === state ? row : null;
  });
const tried = (id: string, attempts: number) =>
  until(`try ${attempts} of ${id} to be settled`, async () => {
    const row = await readDelivery(database.sql, id);
    return row.attempts === attempts && row.error !== null && row.inMs !== null ? row : null;
  });

/** As a receiver verifies it that has never seen our code. */
function isSignedBy(secret: string, { headers, body }: Received): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const wanted = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(wanted);
}

describe('a webhook', () => {
  test('is signed as Standard Webhooks says, over the bytes that were sent, at this moment', async () => {
    const secret = await giveSecret(database.sql);
    await using receiver = await startReceiver();
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    expect(await settled(id, 'delivered')).toMatchObject({ attempts: 1, status: 204, error: null });
    const [got] = receiver.received as [Received];
    expect(got.headers['webhook-id']).toBe(`ndl_${id}`);
    expect(got.headers['content-type']).toBe('application/json');
    expect(Math.abs(Number(got.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(300_000);
    expect(isSignedBy(secret, got)).toBe(true);
    expect(isSignedBy(secret, { ...got, body: got.body.replace('daily', 'dailY') })).toBe(false);
    expect(JSON.parse(got.body)).toMatchObject({ type: 'run.failed', data: { pipeline_name: 'daily' } });
  });

  test('verifies by either secret during a rotation, and by the new one alone afterwards', async () => {
    const old = await giveSecret(database.sql);
    const fresh = await giveSecret(database.sql, 'default', 2);
    await using receiver = await startReceiver();
    const during = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    await settled(during, 'delivered');
    await database.sql`UPDATE notification_signing SET previous_until = now() - interval '1 s'`;
    await settled(await giveDelivery(database.sql, { address: receiver.url }), 'delivered');
    const verdicts = receiver.received.map((got) => [isSignedBy(old, got), isSignedBy(fresh, got)]);
    expect(verdicts).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  test('is never sent unsigned', async () => {
    await using receiver = await startReceiver();
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    expect(await settled(id, 'given-up')).toMatchObject({ error: 'There is no secret to sign it with.' });
    expect(receiver.received).toEqual([]);
  });

  test('is tried again after 500 under the same id and with the same bytes, later each time, until it arrives', async () => {
    await giveSecret(database.sql);
    await using receiver = await startReceiver((response, number) =>
      response.writeHead(number < 3 ? 500 : 200).end('what the receiver says is nobody’s business'),
    );
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    for (const attempt of [1, 2] as const) {
      const row = await tried(id, attempt);
      expect(row).toMatchObject({ state: 'waiting', status: 500, error: 'The receiver answered 500.' });
      // The jitter of the rig is none.
      expect(row.inMs).toBeCloseTo(SCHEDULE_MS[attempt - 1] as number, -1);
      await makeDue(database.sql, id);
    }
    expect(await settled(id, 'delivered')).toMatchObject({ attempts: 3, status: 200, error: null });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toHaveLength(1);
    expect(new Set(receiver.received.map(({ body }) => body))).toHaveLength(1);
    const [row] = await database.sql`SELECT * FROM notification_deliveries`;
    expect(JSON.stringify(row)).not.toContain('nobody’s business');
  });

  test.each([
    [503, '7200', 7_200_000],
    [429, 'in two hours', 7_200_000],
    // Sooner than it would have been anyway, a year, and where it means nothing.
    [429, '1', SCHEDULE_MS[0]],
    [503, '31536000', 86_400_000],
    [500, '7200', SCHEDULE_MS[0]],
  ])('answered %i with Retry-After %s is tried again after %i ms', async (status, header, inMs) => {
    await giveSecret(database.sql);
    const twoHours = () => new Date(Date.now() + 7_200_000).toUTCString();
    await using receiver = await startReceiver((response) => {
      const value = header === 'in two hours' ? twoHours() : header;
      response.writeHead(status, { 'retry-after': value }).end();
    });
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using dispatcher = startDispatcher(database);
    const row = await tried(id, 1);
    expect(row).toMatchObject({ state: 'waiting', status });
    // A date has no fractions of a second.
    expect(Math.abs((row.inMs ?? 0) - inMs)).toBeLessThan(60_000);
    expect(dispatcher.tries).toEqual([{ kind: 'webhook', state: 'waiting', seconds: expect.any(Number) }]);
  });

  test('is given up after the last try, and says so', async () => {
    await giveSecret(database.sql);
    await using receiver = await startReceiver((response) => response.writeHead(503).end());
    const id = await giveDelivery(database.sql, { address: receiver.url, triesLeft: 1 });
    await using _dispatcher = startDispatcher(database);
    const row = await settled(id, 'given-up');
    expect(row).toMatchObject({ attempts: 1, inMs: null });
    expect(row.error).toBe('The receiver answered 503. Given up after the last try.');
  });

  test('that is answered 410 switches its target off, and nothing more goes there', async () => {
    const target = '00000000000070008000000000000aaa';
    await giveSecret(database.sql, target);
    await using receiver = await startReceiver((response) => response.writeHead(410).end());
    await database.sql`INSERT INTO notification_targets (id, org_id, name, kind, address, events)
      SELECT ${target}::text::uuid, id, 'gone', 'webhook', ${receiver.url}, '{run.failed}' FROM orgs LIMIT 1`;
    const given = { address: receiver.url, targetId: target, listener: target };
    const first = await giveDelivery(database.sql, given);
    await using _dispatcher = startDispatcher(database);
    expect(await settled(first, 'given-up')).toMatchObject({ status: 410 });
    const second = await giveDelivery(database.sql, given);
    expect(await settled(second, 'given-up')).toMatchObject({
      error: 'Not sent: its target is switched off.',
    });
    expect(receiver.received).toHaveLength(1);
    const [row] = await database.sql`SELECT active, off_reason FROM notification_targets`;
    expect(row).toEqual({ active: false, off_reason: 'The receiver answered 410 Gone.' });
  });
});

describe('a hostile receiver', () => {
  test.each([
    ['http://169.254.169.254/latest/meta-data'],
    ['http://10.0.0.1/'],
    ['http://[::ffff:10.0.0.1]/'],
    ['http://localhost:5432/'],
    ['http://2130706433:22/'],
  ])('at %s is never asked, not even again', async (address) => {
    await giveSecret(database.sql);
    const id = await giveDelivery(database.sql, { address });
    await using _dispatcher = startDispatcher(database);
    const row = await settled(id, 'given-up');
    expect(row).toMatchObject({
      attempts: 1,
      error: expect.stringContaining('are not allowed. Use a public'),
    });
  });

  test('that redirects leads nowhere', async () => {
    await giveSecret(database.sql);
    await using inside = await startReceiver();
    await using receiver = await startReceiver((response) =>
      response.writeHead(307, { location: inside.url }).end(),
    );
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    expect(await tried(id, 1)).toMatchObject({ status: 307 });
    expect(inside.received).toEqual([]);
  });

  test('that answers without end is cut off', async () => {
    await giveSecret(database.sql);
    await using receiver = await startReceiver((response) => {
      const flood = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    });
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher(database);
    expect((await tried(id, 1)).error).toContain('larger than');
  });

  test.each([
    ['never answers', () => undefined],
    [
      'answers a byte at a time',
      (response: { write(text: string): unknown }) => {
        const timer = setInterval(() => response.write('x'), 20);
        timer.unref();
      },
    ],
  ] as const)('that %s is cut off and tried again', async (_what, answer) => {
    await giveSecret(database.sql);
    await using receiver = await startReceiver(answer);
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await using _dispatcher = startDispatcher({ ...database, timeoutMs: 500 });
    expect(await tried(id, 1)).toMatchObject({
      state: 'waiting',
      error: 'The request failed: it took too long.',
    });
  });

  test('holds nobody else up: others are served while all that it may have at once is stuck', async () => {
    await giveSecret(database.sql);
    await using stuck = await startReceiver(() => undefined);
    for (let n = 0; n < 40; n += 1) await giveDelivery(database.sql, { address: stuck.url });
    const other = '00000000000070008000000000000bbb';
    await database.sql`INSERT INTO orgs (id, name) VALUES (${other}::text::uuid, 'other')`;
    const target = '00000000000070008000000000000ccc';
    await database.sql`INSERT INTO notification_targets (id, org_id, name, kind, address, events)
      VALUES (${target}::text::uuid, ${other}::text::uuid, 'mail', 'email', 'a@example.org', '{run.failed}')`;
    await using _dispatcher = startDispatcher({ ...database, timeoutMs: 120_000 });
    await until('the stuck receiver to have its share', async () => stuck.received.length === 8);
    const mail = { orgId: other, kind: 'email', address: 'a@example.org' } as const;
    await settled(await giveDelivery(database.sql, mail), 'given-up');
    expect(stuck.received).toHaveLength(8);
  });
});

describe('several dispatchers', () => {
  test('share the work and send each message once', async () => {
    await giveSecret(database.sql);
    await using receiver = await startReceiver();
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await giveDelivery(database.sql, { address: receiver.url }));
    await using one = startDispatcher(database);
    await using two = startDispatcher(database);
    for (const id of ids) await settled(id, 'delivered');
    const names = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(names.sort()).toEqual(ids.map((id) => `ndl_${id}`).sort());
    expect([...one.troubles, ...two.troubles]).toEqual([]);
  });

  test('of which one is killed between sending and writing it down: the message comes again under its id', async () => {
    await giveSecret(database.sql);
    const program = fileURLToPath(new URL('../testing/notification-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, database.url], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await using receiver = await startReceiver(async (response, number) => {
      if (number === 1) {
        // It has arrived, and whoever sent it will never know.
        child.kill('SIGKILL');
        await ended;
      }
      response.writeHead(204).end();
    });
    const id = await giveDelivery(database.sql, { address: receiver.url });
    await ended;
    expect(await readDelivery(database.sql, id)).toMatchObject({ state: 'waiting', attempts: 1 });
    await using _second = startDispatcher(database);
    await makeDue(database.sql, id);
    expect(await settled(id, 'delivered')).toMatchObject({ attempts: 2, status: 204 });
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([`ndl_${id}`, `ndl_${id}`]);
  });

  test.each([
    { ofSecond: 200, ofFirst: 500, state: 'delivered' },
    { ofSecond: 503, ofFirst: 410, state: 'waiting' },
  ])(
    'of which one stood still beyond its lease: its late $ofFirst changes nothing after a $ofSecond',
    async ({ ofSecond, ofFirst, state }) => {
      await giveSecret(database.sql);
      const late = Promise.withResolvers<void>();
      await using receiver = await startReceiver(async (response, number) => {
        if (number === 1) await late.promise;
        response.writeHead(number === 1 ? ofFirst : ofSecond).end();
      });
      const id = await giveDelivery(database.sql, { address: receiver.url });
      await using one = startDispatcher({ ...database, timeoutMs: 120_000 });
      await until('the first to have sent it', async () => receiver.received.length === 1);
      // Its lease has ended.
      await makeDue(database.sql, id);
      const settledBy = { state, attempts: 2, status: ofSecond };
      await until('the second to be settled', async () => {
        const row = await readDelivery(database.sql, id);
        return row.status === ofSecond;
      });
      late.resolve();
      await one.drain();
      expect(await readDelivery(database.sql, id)).toMatchObject(settledBy);
      expect(one.troubles).toEqual([]);
    },
  );
});
