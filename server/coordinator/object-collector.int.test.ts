import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectDatabase, type Sql } from '#db/client.ts';
import { createPayloads, type Payloads } from '#server/agents/payloads.ts';
import { DEFAULT_ORG_ID, fromUuid, type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import { type PayloadRef, payloadRefOf } from '#server/domain/payload-ref.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createLocalFolderStore } from '#server/platform/object-store/local-folder.ts';
import type { ObjectStore } from '#server/platform/object-store/port.ts';
import { createS3Store } from '#server/platform/object-store/s3.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { startPrivateS3 } from '#server/testing/private-s3.ts';
import { type CollectorOptions, createObjectCollector } from './object-collector.ts';

const STRANGER = 'org_00000000000070008000000000000002' as OrgId;
const HOUR_MS = 3_600_000;
const newUuid = createUuidSource(Date.now);
const newRun = () => ({ runId: fromUuid('run', newUuid()), orgId: DEFAULT_ORG_ID });

let database: TestDatabase;
let sql: Sql;
let folder: string;
let troubles: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  sql = database.sql;
  folder = await mkdtemp(join(tmpdir(), 'signalbox-collector-'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  troubles = [];
  await sql`TRUNCATE run_objects, stored_objects`;
});

async function openFolder(): Promise<ObjectStore> {
  const store = createLocalFolderStore({ folder: join(folder, randomUUID()) });
  await store.start();
  return store;
}

function payloadsOn(objects: ObjectStore, more: { doomPatienceMs?: number } = {}): Payloads {
  return createPayloads({ sql, objects, inlineMaxBytes: 10, maxBytes: 1_000_000, ...more });
}

function collectorOf(objects: Pick<ObjectStore, 'delete'>, more: Partial<CollectorOptions> = {}) {
  return createObjectCollector({
    objects,
    graceMs: HOUR_MS,
    random: () => 0.5,
    now: Date.now,
    isStopped: () => false,
    onTrouble: (message) => troubles.push(message),
    ...more,
  });
}

async function store(payloads: Payloads, text: string): Promise<PayloadRef> {
  const { value } = await payloads.shrink(DEFAULT_ORG_ID, text.padEnd(20, '.'));
  return payloadRefOf(value) as PayloadRef;
}

/** Time passes for all objects there are. */
const age = (span: string) => sql`
  UPDATE stored_objects SET touched_at = touched_at - ${span}::text::interval,
    doomed_at = doomed_at - ${span}::text::interval`;
const listed = async (): Promise<string[]> =>
  (await sql<{ hash: string }[]>`SELECT hash FROM stored_objects ORDER BY hash`).map(({ hash }) => hash);
const expire = (runId: RunId) => sql`DELETE FROM run_objects WHERE run_id = ${toUuid(runId)}::text::uuid`;

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe.each([
  ['a folder', async () => ({ objects: await openFolder(), close: async () => undefined })],
  [
    'S3',
    async () => {
      const server = await startPrivateS3();
      const objects = createS3Store({ ...server, spoolFolder: join(folder, 'spool') });
      await objects.start();
      return { objects, close: server.close };
    },
  ],
])('the collector of objects in %s', (_where, open) => {
  test('deletes what no run needs any more, and keeps what one of several still does', async () => {
    const { objects, close } = await open();
    const payloads = payloadsOn(objects);
    const [unused, shared] = [await store(payloads, 'unused'), await store(payloads, 'shared')];
    const [first, second] = [newRun(), newRun()];
    await payloads.remember(first, [shared]);
    await payloads.remember(second, [shared]);
    await age('2 hours');
    const collector = collectorOf(objects);
    expect(await collector.run(sql)).toBe(1);
    expect([await objects.has(unused.$object), await objects.has(shared.$object)]).toEqual([false, true]);
    await expire(first.runId);
    expect(await collector.run(sql)).toBe(0);
    await expire(second.runId);
    expect(await collector.run(sql)).toBe(1);
    expect(await objects.has(shared.$object)).toBe(false);
    expect(await listed()).toEqual([]);
    await close();
  });
});

describe('the collector of objects', () => {
  test('leaves alone what is young: an upload may not be referred to yet', async () => {
    const objects = await openFolder();
    const ref = await store(payloadsOn(objects), 'young');
    expect(await collectorOf(objects).run(sql)).toBe(0);
    expect(await objects.has(ref.$object)).toBe(true);
  });

  test('leaves alone what it does not know: the store may be shared with another installation', async () => {
    const objects = await openFolder();
    const { hash } = await objects.put(Buffer.from('of somebody else'));
    expect(await collectorOf(objects).run(sql)).toBe(0);
    expect(await objects.has(hash)).toBe(true);
  });

  test('goes through all of them in pages, wherever it begins, and on from there the next time', async () => {
    const objects = { delete: async () => true };
    await sql`INSERT INTO stored_objects (hash, bytes, orgs, touched_at)
      SELECT encode(sha256(n::text::bytea), 'hex'), 1, '{}', now() - interval '2 hours' FROM generate_series(1, 1000) n`;
    const collector = collectorOf(objects, { pageSize: 30, maxLooked: 300, random: () => 0.7 });
    let total = await collector.run(sql);
    expect(total).toBeGreaterThan(200);
    expect(total).toBeLessThanOrEqual(300);
    for (let runs = 0; runs < 5; runs += 1) total += await collector.run(sql);
    expect(total).toBe(1000);
    expect(await listed()).toEqual([]);
  });

  test('may run several times at once', async () => {
    const deleted: string[] = [];
    const objects = {
      async delete(hash: string) {
        deleted.push(hash);
        return true;
      },
    };
    await sql`INSERT INTO stored_objects (hash, bytes, orgs, touched_at)
      SELECT encode(sha256(n::text::bytea), 'hex'), 1, '{}', now() - interval '2 hours' FROM generate_series(1, 500) n`;
    const several = [1, 2, 3].map((n) =>
      collectorOf(objects, { pageSize: 20, random: () => n / 4 }).run(sql),
    );
    const counts = await Promise.all(several);
    expect(counts.reduce((sum, count) => sum + count)).toBe(500);
    expect(new Set(deleted).size).toBe(deleted.length);
  });

  test('finishes what one that died had begun, before the delete or after it', async () => {
    const objects = await openFolder();
    const payloads = payloadsOn(objects);
    const [before, after] = [await store(payloads, 'before'), await store(payloads, 'after')];
    await age('2 hours');
    const dying = { delete: () => new Promise<boolean>(() => undefined) };
    void collectorOf(dying).run(sql);
    await vi.waitFor(async () => {
      const rows = await sql`SELECT FROM stored_objects WHERE doomed_at IS NOT NULL`;
      expect(rows).toHaveLength(2);
    }, 60_000);
    await objects.delete(after.$object);
    expect(await collectorOf(objects).run(sql)).toBe(0);
    await age('11 minutes');
    expect(await collectorOf(objects).run(sql)).toBe(2);
    expect(await objects.has(before.$object)).toBe(false);
    expect(await listed()).toEqual([]);
  });

  test('tries again what could not be deleted', async () => {
    const objects = await openFolder();
    const ref = await store(payloadsOn(objects), 'stubborn');
    await age('2 hours');
    const broken = { delete: () => Promise.reject(new Error('no')) };
    expect(await collectorOf(broken).run(sql)).toBe(0);
    expect(troubles).toHaveLength(1);
    await age('11 minutes');
    expect(await collectorOf(objects).run(sql)).toBe(1);
    expect(await objects.has(ref.$object)).toBe(false);
  });

  test('does not act on a doom that it slept over', async () => {
    const objects = await openFolder();
    const ref = await store(payloadsOn(objects), 'slept over');
    await age('2 hours');
    let now = 0;
    const sleepy = collectorOf(objects, { now: () => (now += 120_000) });
    expect(await sleepy.run(sql)).toBe(0);
    expect(await objects.has(ref.$object)).toBe(true);
  });
});

describe('storing again what is being collected', () => {
  test('waits until it is gone, and then stores it anew', async () => {
    const objects = await openFolder();
    const payloads = payloadsOn(objects);
    const old = await store(payloads, 'again');
    await age('2 hours');
    const [reached, mayGoOn] = [gate(), gate()];
    const collecting = collectorOf({
      async delete(hash) {
        reached.open();
        await mayGoOn.opened;
        return objects.delete(hash);
      },
    }).run(sql);
    await reached.opened;
    // The bytes are still there, and a look into the store would find them.
    expect(await objects.has(old.$object)).toBe(true);
    let isStored = false;
    const storing = store(payloads, 'again').then((ref) => {
      isStored = true;
      return ref;
    });
    await expect(payloads.remember(newRun(), [old])).rejects.toMatchObject({ code: 'INVALID' });
    expect(isStored).toBe(false);
    mayGoOn.open();
    expect(await collecting).toBe(1);
    const ref = await storing;
    expect(ref).toEqual(old);
    await payloads.remember(newRun(), [ref]);
    expect(await objects.has(ref.$object)).toBe(true);
  });

  test('says that it cannot be had yet when the collector does not come to an end', async () => {
    const objects = await openFolder();
    const payloads = payloadsOn(objects, { doomPatienceMs: 100 });
    await store(payloads, 'stuck');
    await sql`UPDATE stored_objects SET doomed_at = now()`;
    await expect(store(payloads, 'stuck')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await age('11 minutes');
    await store(payloads, 'stuck');
    expect(await sql`SELECT FROM stored_objects WHERE doomed_at IS NULL`).toHaveLength(1);
  });

  test('and referring to it and dropping it, in any order, never leaves a run without its object', async () => {
    const objects = await openFolder();
    const pool = connectDatabase({ url: database.url, applicationName: 'test-storm', max: 8 });
    const payloads = createPayloads({ sql: pool, objects, inlineMaxBytes: 10, maxBytes: 1_000_000 });
    let isOver = false;
    let collected = 0;
    const collect = async (): Promise<void> => {
      const collector = collectorOf(objects, { pageSize: 3 });
      while (!isOver) collected += await collector.run(pool);
    };
    const contents = ['one', 'two', 'three'].map((text) => ({ text, writers: 0, ageing: Promise.resolve() }));
    const keepAndDrop = async (writer: number): Promise<void> => {
      for (let round = 0; round < 40; round += 1) {
        const content = contents[(writer + round) % 3] as (typeof contents)[number];
        await content.ageing;
        content.writers += 1;
        const owner = newRun();
        const ref = await store(payloads, content.text);
        await payloads.remember(owner, [ref]);
        expect(await objects.has(ref.$object)).toBe(true);
        await pool`DELETE FROM run_objects WHERE run_id = ${toUuid(owner.runId)}::text::uuid`;
        content.writers -= 1;
        // More than the grace goes by, in which nobody was about to refer to it.
        if (content.writers === 0) {
          content.ageing = pool`UPDATE stored_objects SET touched_at = now() - interval '2 hours'
            WHERE hash = ${ref.$object}::text`.then(() => undefined);
        }
      }
    };
    const collectors = [collect(), collect()];
    const written = await Promise.allSettled([0, 1, 2, 3].map(keepAndDrop));
    isOver = true;
    await Promise.all(collectors);
    await pool.end({ timeout: 5 });
    expect(written.map((each) => (each.status === 'rejected' ? String(each.reason) : 'done'))).toEqual(
      Array(4).fill('done'),
    );
    expect(collected).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });
});

describe('referring to an object', () => {
  test('is for those whose tenant has stored it, whoever knows its hash', async () => {
    const payloads = payloadsOn(await openFolder());
    const ref = await store(payloads, 'private');
    const theirs = { runId: newRun().runId, orgId: STRANGER };
    await expect(payloads.remember(theirs, [ref])).rejects.toMatchObject({ code: 'INVALID' });
    await payloads.shrink(STRANGER, 'private'.padEnd(20, '.'));
    await payloads.remember(theirs, [ref]);
    expect(await sql`SELECT FROM run_objects`).toHaveLength(1);
  });

  test('is refused for what is not there, or has another length than the reference says', async () => {
    const payloads = payloadsOn(await openFolder());
    const ref = await store(payloads, 'measured');
    const none = createHash('sha256').update('none').digest('hex');
    for (const wrong of [
      { ...ref, $object: none },
      { ...ref, bytes: 1 },
    ]) {
      await expect(payloads.remember(newRun(), [wrong])).rejects.toMatchObject({ code: 'INVALID' });
      const output = { file: { ...wrong, name: 'a file' } };
      expect(await payloads.keepOutcome(newRun(), { status: 'succeeded', output })).toMatchObject({
        status: 'failed',
        error: { class: 'invalid-output', code: 'OUTPUT_REFUSED' },
      });
    }
  });
});
