import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  DEFAULT_ORG_ID,
  fromUuid,
  type PipelineId,
  type RunId,
  toUuid,
  type UserId,
} from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, LOCAL_OWNER } from '#server/identity/actor.ts';
import type { Role } from '#server/identity/permissions.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { addGrant } from '../grant/grants.ts';
import { createKey } from '../key/create.ts';
import { revokeKey } from '../key/revoke.ts';
import { createPipeline } from '../pipeline/create.ts';
import { getRun } from '../run/get.ts';
import { listRuns } from '../run/list.ts';
import { startRun } from '../run/start.ts';
import { abortBulk } from './abort.ts';
import type { BulkView } from './bulk-view.ts';
import { createBulk, previewBulk } from './create.ts';
import { getBulk, listBulkItems, listBulks } from './look.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

let names = 0;
async function makePipeline(stage: Record<string, Json>): Promise<PipelineId> {
  const document = { stages: [{ key: 'only', ...stage }] };
  return (await createPipeline(...at(), { name: `bulk ${++names}`, document, publish: true })).id;
}
const startMany = (pipelineId: PipelineId, count: number): Promise<RunId[]> =>
  Promise.all(Array.from({ length: count }, async () => (await startRun(...at(), { pipelineId })).run.id));
const SLEEP = { type: 'sleep', config: { ms: 3_600_000 } };

/** A person who is that here; null: no member. */
async function makePerson(role: Role | null): Promise<Actor> {
  const { sql } = program.database;
  const userUuid = program.services.newUuid();
  await sql`INSERT INTO users (id, name) VALUES (${userUuid}::text::uuid, 'Ada')`;
  if (role !== null)
    await sql`INSERT INTO memberships (org_id, user_id, role)
      VALUES (${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${userUuid}::text::uuid, ${role})`;
  const userId = fromUuid('user', userUuid.replaceAll('-', ''));
  return { ...LOCAL_OWNER, kind: 'person', id: userId, name: 'Ada', userId, role };
}

async function notesOf({ id }: BulkView): Promise<string[]> {
  const rows = await program.database.sql<{ action: string }[]>`
    SELECT action FROM audit_entries WHERE target = ${id} ORDER BY seq`;
  return rows.map(({ action }) => action);
}

function untilDone(id: BulkView['id']): Promise<BulkView> {
  return vi.waitFor(
    async () => {
      const bulk = await getBulk(...at(), { id });
      expect(bulk.status).not.toBe('open');
      return bulk;
    },
    { timeout: 60_000, interval: 50 },
  );
}

describe('a bulk', () => {
  test('is shown beforehand, cancels what its filter found, and nothing that came later', async () => {
    const pipelineId = await makePipeline(SLEEP);
    const before = await startMany(pipelineId, 5);
    const filter = { pipelineId };
    const preview = await previewBulk(...at(), { action: 'cancel', filter });
    expect(preview.count).toBe(5);
    expect(preview.sample.map(({ id }) => id).sort()).toEqual([...before].sort());
    const { bulk } = await createBulk(...at(), { action: 'cancel', filter, graceSeconds: 0 });
    const [later] = await startMany(pipelineId, 1);
    expect(await untilDone(bulk.id)).toMatchObject({
      status: 'done',
      total: 5,
      counts: { succeeded: 5, skipped: 0, failed: 0 },
    });
    for (const id of before) expect((await getRun(...at(), { id })).status).toBe('cancelled');
    expect((await getRun(...at(), { id: later as RunId })).status).toBe('running');
  });

  test('pauses and resumes', async () => {
    const pipelineId = await makePipeline(SLEEP);
    const ids = await startMany(pipelineId, 3);
    const paused = await createBulk(...at(), { action: 'pause', filter: { pipelineId } });
    await untilDone(paused.bulk.id);
    for (const id of ids) expect((await getRun(...at(), { id })).status).toBe('paused');
    const resumed = await createBulk(...at(), { action: 'resume', ids });
    expect((await untilDone(resumed.bulk.id)).counts.succeeded).toBe(3);
    for (const id of ids) expect((await getRun(...at(), { id })).status).toBe('running');
  });

  test('retries what waits for its next attempt, and skips what does not', async () => {
    const retry = { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600 };
    const failing = await makePipeline({ type: 'fail', retry });
    const [waiting] = await startMany(failing, 1);
    await vi.waitFor(async () => {
      expect((await getRun(...at(), { id: waiting as RunId })).tasks[0]?.status).toBe('retrying');
    }, 30_000);
    const [sleeping] = await startMany(await makePipeline(SLEEP), 1);
    const ids = [waiting as RunId, sleeping as RunId];
    const { bulk } = await createBulk(...at(), { action: 'retry', ids });
    expect((await untilDone(bulk.id)).counts).toEqual({ succeeded: 1, skipped: 1, failed: 0 });
    await vi.waitFor(async () => {
      expect((await getRun(...at(), { id: waiting as RunId })).status).toBe('failed');
    }, 30_000);
  });

  test('tells of each run what came of it', async () => {
    const pipelineId = await makePipeline({ type: 'echo' });
    const ids = await startMany(pipelineId, 2);
    await vi.waitFor(async () => {
      for (const id of ids) expect((await getRun(...at(), { id })).status).toBe('succeeded');
    }, 30_000);
    const [open] = await startMany(await makePipeline(SLEEP), 1);
    const { bulk } = await createBulk(...at(), { action: 'replay', ids: [...ids, open as RunId] });
    expect((await untilDone(bulk.id)).counts).toEqual({ succeeded: 2, skipped: 1, failed: 0 });
    const { items } = await listBulkItems(...at(), { id: bulk.id });
    const made = items.flatMap((item) => item.made ?? []);
    expect(made.length).toBe(2);
    // Whether a replay was made is one thing, what came of it another.
    await vi.waitFor(async () => {
      const { items: later } = await listBulkItems(...at(), { id: bulk.id });
      expect(later.map(({ madeStatus }) => madeStatus)).toEqual(['succeeded', 'succeeded', null]);
    }, 30_000);
    expect((await getRun(...at(), { id: made[0] as RunId })).replayOf).toBe(items[0]?.runId);
    expect(items[2]).toMatchObject({ result: 'skipped', code: 'CONFLICT' });
  });

  test('replays each run from where it broke, once, and says so of those in which nothing did', async () => {
    const [first, second, third] = ['kept', 'broken', 'after'] as const;
    const document = {
      stages: [
        { key: first, type: 'echo', retry: { maxAttempts: 1 } },
        { key: second, type: 'fail', retry: { maxAttempts: 1 } },
        { key: third, type: 'echo', retry: { maxAttempts: 1 } },
      ],
      dependencies: [
        { from: first, to: second },
        { from: second, to: third },
      ],
    };
    const made = await createPipeline(...at(), { name: `bulk ${++names}`, document, publish: true });
    const broken = await startMany(made.id, 2);
    const whole = await startMany(await makePipeline({ type: 'echo' }), 1);
    await vi.waitFor(async () => {
      for (const id of broken) expect((await getRun(...at(), { id })).status).toBe('failed');
      for (const id of whole) expect((await getRun(...at(), { id })).status).toBe('succeeded');
    }, 30_000);
    const filter = { pipelineId: made.id, status: ['failed' as const], replayed: false };
    expect((await previewBulk(...at(), { action: 'replay', filter })).count).toBe(2);
    const ids = [...broken, ...whole];
    const { bulk } = await createBulk(...at(), { action: 'replay', ids, fromFailure: true });
    expect((await untilDone(bulk.id)).counts).toEqual({ succeeded: 2, skipped: 1, failed: 0 });
    const { items } = await listBulkItems(...at(), { id: bulk.id });
    expect(items[2]).toMatchObject({ result: 'skipped', code: 'CONFLICT' });
    for (const { runId, made: replay } of items.slice(0, 2)) {
      const run = await getRun(...at(), { id: replay as RunId });
      expect(run).toMatchObject({ replayOf: runId, replayFrom: second });
      // Taken over, not done again: no agent ever had it.
      expect(run.tasks[0]).toMatchObject({ status: 'succeeded', agentId: null });
    }
    const left = await previewBulk(...at(), { action: 'replay', filter: { ...filter, replayed: false } });
    expect(left.sample.every(({ replayOf }) => replayOf !== null)).toBe(true);
  });

  test('is made once for a key', async () => {
    const ids = await startMany(await makePipeline(SLEEP), 1);
    const request = { action: 'pause' as const, ids, idempotencyKey: `once for ${ids}` };
    const [one, two] = await Promise.all([createBulk(...at(), request), createBulk(...at(), request)]);
    expect(one.bulk.id).toBe(two.bulk.id);
    expect([one.isNew, two.isNew].filter(Boolean)).toHaveLength(1);
    await expect(createBulk(...at(), { ...request, action: 'cancel' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await untilDone(one.bulk.id);
  });

  test('that is aborted leaves the rest alone', async () => {
    const pipelineId = await makePipeline(SLEEP);
    const ids = await startMany(pipelineId, 30);
    // Made and aborted in one breath: at most the pages that were quicker are done.
    const { bulk } = await createBulk(...at(), { action: 'pause', filter: { pipelineId } });
    const aborted = await abortBulk(...at(), { id: bulk.id });
    expect(aborted.status).toBe('aborted');
    const { bulk: next } = await createBulk(...at(), { action: 'pause', ids: ids.slice(0, 1) });
    await untilDone(next.id);
    const { counts, status } = await getBulk(...at(), { id: bulk.id });
    expect(status).toBe('aborted');
    const paused = await listRuns(...at(), { pipelineId, status: ['paused'], limit: 200 });
    expect(paused.items.length).toBeLessThanOrEqual(counts.succeeded + 1);
  });

  test('asks for a choice, and refuses runs that are not there', async () => {
    await expect(createBulk(...at(), { action: 'cancel' })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(createBulk(...at(), { action: 'cancel', filter: {} })).rejects.toMatchObject({
      code: 'INVALID',
    });
    const missing = `run_${'0'.repeat(32)}` as RunId;
    await expect(createBulk(...at(), { action: 'cancel', ids: [missing] })).rejects.toMatchObject({
      code: 'INVALID',
      details: { missing: [missing] },
    });
  });

  test('touches no run that its asker may not, and is no business of another tenant', async () => {
    const [mine, other] = [await makePipeline(SLEEP), await makePipeline(SLEEP)];
    const ids = [...(await startMany(mine, 1)), ...(await startMany(other, 1))];
    const viewer = { ...(await makePerson('viewer')), grants: new Set([mine]) };
    await program.database.sql`INSERT INTO pipeline_grants (org_id, user_id, pipeline_id) VALUES
      (${toUuid(viewer.orgId)}::text::uuid, ${toUuid(viewer.id)}::text::uuid, ${toUuid(mine)}::text::uuid)`;
    const { bulk } = await createBulk(program.services, viewer, { action: 'pause', ids });
    const done = await untilDone(bulk.id);
    expect(done.counts).toEqual({ succeeded: 1, skipped: 0, failed: 1 });
    expect(done.errors).toMatchObject([{ runId: ids[1], code: 'FORBIDDEN' }]);
    expect((await getRun(...at(), { id: ids[1] as RunId })).status).toBe('running');
    const plain = { ...viewer, grants: new Set<PipelineId>() };
    await expect(createBulk(program.services, plain, { action: 'pause', ids })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const stranger = { ...LOCAL_OWNER, orgId: 'org_00000000000070008000000000000002' as Actor['orgId'] };
    await expect(getBulk(program.services, stranger, { id: bulk.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await listBulks(program.services, stranger, {})).items).toEqual([]);
  });

  test.each([
    ['operator', 'done', { succeeded: 3, failed: 0 }, 'cancelled'],
    ['viewer', 'aborted', { succeeded: 0, failed: 0 }, 'running'],
    [null, 'aborted', { succeeded: 0, failed: 0 }, 'running'],
  ] as const)(
    'asked for by somebody who is %s by now does what they may now, or is given up',
    async (role, end, counts, status) => {
      const asker: Actor = { ...(await makePerson(role)), role: 'operator' };
      const runs = await startMany(await makePipeline(SLEEP), 3);
      const { bulk } = await createBulk(program.services, asker, {
        action: 'cancel',
        ids: runs,
        graceSeconds: 0,
      });
      const stoppedBecause = end === 'done' ? null : 'Ada, who asked for it, may not do this any more.';
      expect(await untilDone(bulk.id)).toMatchObject({ status: end, counts, stoppedBecause });
      for (const id of runs) expect((await getRun(...at(), { id })).status).toBe(status);
    },
  );

  test('asked for by somebody who may work on one pipeline only does that, and fails for the others', async () => {
    const [granted, other] = [await makePipeline(SLEEP), await makePipeline(SLEEP)];
    const person = await makePerson('viewer');
    await addGrant(...at(), { pipelineId: granted, userId: person.userId as UserId });
    const runs = [...(await startMany(granted, 1)), ...(await startMany(other, 1))];
    const asker: Actor = { ...person, role: 'operator' };
    const { bulk } = await createBulk(program.services, asker, { action: 'cancel', ids: runs });
    const ended = await untilDone(bulk.id);
    expect(ended).toMatchObject({
      status: 'done',
      counts: { succeeded: 1, failed: 1 },
      stoppedBecause: null,
    });
    expect(ended.errors.map(({ code }) => code)).toEqual(['FORBIDDEN']);
  });

  test('is stopped by whoever asked for it and by who may work on all pipelines, not by anybody with a grant on one', async () => {
    const pipelineId = await makePipeline(SLEEP);
    const person = await makePerson('viewer');
    await addGrant(...at(), { pipelineId, userId: person.userId as UserId });
    const grantee: Actor = { ...person, grants: new Set([pipelineId]) };
    const begin = async (by: Actor) => {
      const ids = await startMany(pipelineId, 1);
      return (await createBulk(program.services, by, { action: 'cancel', ids })).bulk;
    };
    const { id } = await begin(LOCAL_OWNER);
    await expect(abortBulk(program.services, grantee, { id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await abortBulk(program.services, await makePerson('operator'), { id });
    const own = await begin(grantee);
    await abortBulk(program.services, grantee, { id: own.id });
  });

  test('asked for by a key that is revoked by now does nothing', async () => {
    const key = await createKey(...at(), { name: 'bulk', role: 'operator' });
    const asker: Actor = { ...LOCAL_OWNER, kind: 'key', id: key.id, role: 'operator' };
    await revokeKey(...at(), { id: key.id });
    const runs = await startMany(await makePipeline(SLEEP), 2);
    const { bulk } = await createBulk(program.services, asker, { action: 'cancel', ids: runs });
    expect(await untilDone(bulk.id)).toMatchObject({ status: 'aborted', counts: { succeeded: 0 } });
    expect(await notesOf(bulk)).toEqual(['bulk.created', 'bulk.stopped']);
  });
});
