import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { ensureServices } from '../../../scripts/services.mjs';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { countRepeatedHandOuts } from './ledger.ts';
import { chain } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

/** A try that failed in between leaves it so for the next. */
let isKilled = false;
let services: Awaited<ReturnType<typeof ensureServices>>;
let rig: Rig;
let proxy: TcpProxy;
let throughProxy: string;
beforeAll(async () => {
  services = await ensureServices({ postgres: 'private' });
});
beforeEach(async () => {
  if (isKilled) await services.postgres?.restart();
  isKilled = false;
  rig = await createRig(services.postgres?.url);
  const url = new URL(rig.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  throughProxy = url.href;
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await proxy.close();
});
afterAll(() => services.stop());

/** Every task went out once, as if nothing had been: no loss, no second hand-out. */
async function expectUndisturbed(): Promise<void> {
  const rows = await rig.sql`SELECT run_id, idx, epoch, attempt, losses FROM tasks
    WHERE losses > 0 OR (epoch <> attempt AND capability <> 'fail')`;
  expect(rows).toEqual([]);
  expect(await countRepeatedHandOuts(rig.sql)).toBe(0);
}

describe('a Postgres that fails', () => {
  test('F32 to answer a commit that it has made: the caller gets the one run, and its tasks go out as if heard', async () => {
    // One session, in which the statement is prepared, so that all it takes is one message there and one back.
    await using engine = await rig.engine({ url: throughProxy, lanes: 1 });
    const order = await rig.order(chain(3));
    const warm = { ...order, key: 'warm', runId: rig.newRunId() };
    expect(await rig.startOnce(engine, warm)).toBe(warm.runId);
    await rig.ended(warm.runId);
    proxy.swallowAnswers(true);
    const asked = rig.startOnce(engine, order);
    await until('the commit to be made', async () => (await rig.status(order.runId)) !== null);
    proxy.cut();
    proxy.swallowAnswers(false);
    expect(await asked).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    expect(await rig.startOnce(engine, { ...order, runId: rig.newRunId() })).toBe(order.runId);
    await expectUndisturbed();
    await rig.expectSound();
  });

  test('F32 over and over under load: every cut commit is either there or made again, never both', async () => {
    await using engine = await rig.engine({ url: throughProxy });
    for (let round = 0; round < 8; round += 1) {
      const started = rig.startAll(engine, await rig.orders(15, 320 + round));
      proxy.swallowAnswers(true);
      const before = proxy.sentBytes();
      await until('something to be sent', async () => proxy.sentBytes() > before);
      proxy.cut();
      proxy.swallowAnswers(false);
      await started;
    }
    await rig.allEnded();
    await expectUndisturbed();
    await rig.expectSound();
  });

  test('F32 by no longer answering on connections that stay open: each is given up, and what it had goes on by another', async () => {
    await using engine = await rig.engine({ url: throughProxy, lanes: 1, statementMs: 1000 });
    const { versionId } = await rig.order(chain(3));
    const newOrder = () => {
      const runId = rig.newRunId();
      return { versionId, key: `key of ${runId}`, runId };
    };
    for (let round = 0; round < 3; round += 1) {
      // On each new session the statement is prepared first.
      const [warm] = await rig.startAll(engine, [newOrder()]);
      expect(await rig.ended(warm as RunId)).toBe('succeeded');
      const order = newOrder();
      proxy.swallowAnswers(true);
      const accepted = rig.startOnce(engine, order);
      await until('the commit to be made', async () => (await rig.status(order.runId)) !== null);
      // From here on a new connection works; nobody cuts those that have gone silent.
      proxy.swallowAnswers(false);
      expect(await accepted).toBe(order.runId);
      expect(await rig.ended(order.runId)).toBe('succeeded');
    }
    await expectUndisturbed();
    await rig.expectSound();
  });

  test('F33 five statements of a hundred with a conflict or an end: each is tried again, and none half done', async () => {
    await rig.sql.unsafe(`
      CREATE SEQUENCE statements;
      CREATE FUNCTION fail_sometimes() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        nth bigint := nextval('statements');
        code text := (ARRAY['40001', '40P01', '57P01'])[1 + (nth / 20) % 3];
      BEGIN
        IF nth % 20 = 0 THEN RAISE EXCEPTION 'scripted failure' USING ERRCODE = code; END IF;
        RETURN NULL;
      END $$;
      DO $$ DECLARE part text; BEGIN
        FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'run_events'::regclass LOOP
          EXECUTE format('CREATE TRIGGER fail_sometimes AFTER INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION fail_sometimes()', part);
        END LOOP;
      END $$`);
    await using engine = await rig.engine();
    for (let wave = 0, failed = 0; failed < 6; wave += 1) {
      await rig.load(engine, 20, 33_000 + wave);
      const [row] = await rig.sql<[{ nth: string }]>`SELECT last_value AS nth FROM statements`;
      failed = Math.floor(Number(row.nth) / 20);
    }
    await rig.allEnded();
    await rig.sql.unsafe('DROP FUNCTION fail_sometimes CASCADE');
    expect((await engine.state()).troubles.length).toBeGreaterThan(0);
    await expectUndisturbed();
    await rig.expectSound();
  });

  test('F31 by ending every session again and again: the process lives and nothing is lost or done twice', async () => {
    await using engine = await rig.engine();
    const runs = rig.startAll(engine, await rig.orders(60, 31));
    for (let round = 0; round < 10; round += 1) {
      await rig.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'test-engine%' AND datname = current_database()`;
      await engine.state();
    }
    await runs;
    await rig.allEnded();
    expect(engine.isAlive()).toBe(true);
    await expectUndisturbed();
    await rig.expectSound();
  });

  test.each([
    // What an immediate shutdown leaves behind, and a fast one: sessions are ended, and nothing is waited for.
    ['being killed and restarted', () => services.postgres?.kill9()],
    ['a fast restart', async () => undefined],
  ])('F31 by %s under load: the same process goes on with what it had', async (_, before) => {
    await using engine = await rig.engine();
    const runs = rig.startAll(engine, await rig.orders(60, 310));
    isKilled = true;
    await before();
    await services.postgres?.restart();
    isKilled = false;
    await runs;
    await rig.allEnded();
    expect(engine.isAlive()).toBe(true);
    expect(await countRepeatedHandOuts(rig.sql)).toBe(0);
    await rig.expectSound();
  });
});
