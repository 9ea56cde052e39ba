import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { DEFAULT_ORG_ID, fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { type ServiceProcess, spawnService } from '#server/testing/child.ts';
import { until } from '#server/testing/faults/until.ts';
import { changeRole } from '../member/change-role.ts';
import { createPipeline } from '../pipeline/create.ts';
import { killRun } from '../run/kill.ts';
import { startRun } from '../run/start.ts';
import { createBulk } from './create.ts';
import { getBulk, listBulkItems } from './look.ts';

/** The doors alone, anew for each try; whoever works on bulks is a process of its own, so that it can be killed. */
let program: TestApp;
let dataDir: string;
const workers: ServiceProcess[] = [];
const at = () => [program.services, program.actor] as const;

beforeEach(async () => {
  program = await startTestApp({ SIGNALBOX_ROLES: 'web' });
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-bulk-'));
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill();
  await program[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

function startWorker(): ServiceProcess {
  const main = join(import.meta.dirname, '../../main.ts');
  const worker = spawnService(process.execPath, [main], {
    NODE_ENV: 'production',
    PATH: process.env.PATH,
    DATABASE_URL: program.database.url,
    SIGNALBOX_DATA_DIR: dataDir,
    SIGNALBOX_ROLES: 'coordinator',
  });
  workers.push(worker);
  return worker;
}

const RUNS = 120;

test('a bulk whose worker is killed in the middle is ended by the next one, and nothing is done twice', async () => {
  const { sql } = program.database;
  const document = { stages: [{ key: 'only', type: 'nobody-offers-this' }] };
  const { id: pipelineId } = await createPipeline(...at(), { name: 'crashed', document, publish: true });
  const ids: RunId[] = [];
  for (let begun = 0; begun < RUNS; begun += 20) {
    const started = Array.from({ length: 20 }, async () => (await startRun(...at(), { pipelineId })).run.id);
    ids.push(...(await Promise.all(started)));
  }
  await Promise.all(ids.map((id) => killRun(...at(), { id })));
  const { bulk } = await createBulk(...at(), { action: 'replay', ids });
  const done = async () => {
    const { counts } = await getBulk(...at(), { id: bulk.id });
    return counts.succeeded + counts.skipped + counts.failed;
  };

  /** Done, and not written down: what the next process must not do again. */
  const inDoubt = async () => {
    const [row] = await sql<
      [{ made: number }]
    >`SELECT count(*)::int AS made FROM runs WHERE replay_of IS NOT NULL`;
    return row.made - (await done());
  };
  let wereInDoubt = 0;
  for (let kills = 0; kills < 5 && wereInDoubt === 0; kills += 1) {
    const worker = startWorker();
    await until('something in doubt, or the end', async () => {
      if (!worker.running()) throw new Error(worker.output());
      return (await inDoubt()) > 0 || (await done()) === RUNS;
    });
    await worker.kill();
    wereInDoubt = await inDoubt();
    // What a dead process holds comes free when its lease ends; here it ends at once.
    await sql`UPDATE bulks SET leased_until = now() WHERE leased_until IS NOT NULL`;
  }
  expect(wereInDoubt).toBeGreaterThan(0);
  startWorker();
  await until('the end', async () => (await getBulk(...at(), { id: bulk.id })).status === 'done');

  const view = await getBulk(...at(), { id: bulk.id });
  expect(view.counts).toEqual({ succeeded: RUNS, skipped: 0, failed: 0 });
  const replays = await sql<{ of: string; count: number }[]>`
    SELECT replay_of::text AS of, count(*)::int AS count FROM runs WHERE replay_of IS NOT NULL GROUP BY replay_of`;
  expect(replays.length).toBe(RUNS);
  expect(replays.every(({ count }) => count === 1)).toBe(true);
  const { items } = await listBulkItems(...at(), { id: bulk.id, limit: 200 });
  const made = await sql<{ id: string }[]>`SELECT id::text FROM runs WHERE replay_of IS NOT NULL`;
  expect(new Set(items.map((item) => item.made && toUuid(item.made)))).toEqual(
    new Set(made.map(({ id }) => id.replaceAll('-', ''))),
  );
  expect((await audit({ sql, graphOf: program.services.graphOf })).findings).toEqual([]);
});

test('a bulk whose maker loses the right in the middle is given up, whichever process works on it', async () => {
  const { sql } = program.database;
  const userUuid = program.services.newUuid();
  await sql`INSERT INTO users (id, name) VALUES (${userUuid}::text::uuid, 'Ada')`;
  await sql`INSERT INTO memberships (org_id, user_id, role)
    VALUES (${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${userUuid}::text::uuid, 'operator')`;
  const userId = fromUuid('user', userUuid);
  const maker = {
    ...LOCAL_OWNER,
    kind: 'person',
    id: userId,
    userId,
    name: 'Ada',
    role: 'operator',
  } as const;
  const document = { stages: [{ key: 'only', type: 'nobody-offers-this' }] };
  const { id: pipelineId } = await createPipeline(...at(), { name: 'withdrawn', document, publish: true });
  const runs = await Promise.all(
    Array.from({ length: 100 }, async () => (await startRun(...at(), { pipelineId })).run.id),
  );
  await Promise.all(runs.map((id) => killRun(...at(), { id })));
  const { bulk } = await createBulk(program.services, maker, { action: 'replay', ids: runs });
  while (workers.filter((worker) => worker.running()).length < 2) startWorker();
  const made = async () => {
    const [row] = await sql<[{ count: number }]>`
      SELECT count(*)::int AS count FROM runs
      WHERE replay_of IS NOT NULL AND pipeline_id = ${toUuid(pipelineId)}::text::uuid`;
    return row.count;
  };
  await until('some are done', async () => (await made()) > 0);
  await changeRole(...at(), { id: userId, role: 'viewer' });
  const madeByThen = await made();
  await until('the end', async () => (await getBulk(...at(), { id: bulk.id })).status !== 'open');
  const view = await getBulk(...at(), { id: bulk.id });
  expect(view).toMatchObject({
    status: 'aborted',
    stoppedBecause: 'Ada, who asked for it, may not do this any more.',
  });
  expect(view.counts.failed).toBe(0);
  // What was under way when the right went may end; nothing new begins: a page at most.
  expect(await made()).toBeLessThanOrEqual(madeByThen + 20);
  expect(view.counts.succeeded).toBe(await made());
  expect(view.counts.succeeded).toBeLessThan(runs.length);
  const notes = await sql<{ action: string }[]>`
    SELECT action FROM audit_entries WHERE target = ${bulk.id} ORDER BY seq`;
  expect(notes.map(({ action }) => action)).toEqual(['bulk.created', 'bulk.stopped']);
  expect((await audit({ sql, graphOf: program.services.graphOf })).findings).toEqual([]);
});
