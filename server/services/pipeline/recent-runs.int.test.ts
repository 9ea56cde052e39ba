import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findIds } from '#db/tenant.ts';
import { type OrgId, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { listPipelines } from './list.ts';
import { MAX_RECENT, readRecentRuns, selectRecentIds } from './recent-runs.ts';

/** Runs of eight weeks, nearly all of them of two pipelines out of fifty. */
const RUNS = 60_000;
const PIPELINES = 50;
const WEEKS = 8;
const pipeline = (number: number) => `pipe_${number.toString(16).padStart(32, '0')}` as PipelineId;
const ALL = Array.from({ length: PIPELINES }, (_, at) => pipeline(at + 1));

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp();
  const { sql: db } = program.database;
  const orgId = toUuid(program.actor.orgId);
  await db`SELECT ensure_parts(now() - make_interval(weeks => ${WEEKS}::int), now())`;
  await db`INSERT INTO pipelines (id, org_id, name) SELECT lpad(to_hex(p), 32, '0')::uuid, ${orgId}::text::uuid, 'recent ' || lpad(p::text, 2, '0')
    FROM generate_series(1, ${PIPELINES}::int) p`;
  await db`INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, input, parameters, metadata, trigger,
      tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT overlay(uuid_at(t)::text placing substring(md5(n::text) for 12) from 25)::uuid, ${orgId}::text::uuid,
      lpad(to_hex(CASE WHEN n % 1000 = 0 THEN 3 + n / 1000 % 47 ELSE 1 + n % 2 END), 32, '0')::uuid, lpad('1', 32, '0')::uuid,
      (CASE WHEN n % 3 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'running' ELSE 'succeeded' END)::run_status, 9, 9, '{}', '{}', '{}', 'api',
      1, 0, t, CASE WHEN n % 1000 <> 1 THEN t + interval '5 s' END, t
    FROM (SELECT n, now() - make_interval(weeks => ${WEEKS - 1}::int) * (1 - n::float8 / ${RUNS}::int) AS t
      FROM generate_series(1, ${RUNS}::int) n) AS made`;
  await db`ANALYZE runs, pipelines`;
});
afterAll(() => program[Symbol.asyncDispose]());

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}
const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const rowsOf = (node: PlanNode): number =>
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);

test('the strips of a whole page read no part of the runs from end to end, and little more than they show', async () => {
  const which = {
    orgUuid: toUuid(program.actor.orgId),
    pipelineUuids: ALL.map(toUuid),
    limit: MAX_RECENT,
  };
  const nodes = await findIds(program.services.db, async (tx) => {
    const [row] = await tx.execute(sql`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${selectRecentIds(which)}`);
    const plan = row?.['QUERY PLAN'] as { Plan: PlanNode }[] | string;
    const [{ Plan: root }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: PlanNode }];
    return nodesOf(root);
  });
  const ofRuns = nodes.filter((node) => /^runs_w\d+$/.test(node['Relation Name'] ?? ''));
  expect(ofRuns.length).toBeGreaterThanOrEqual(WEEKS);
  // A part in which nothing ran is empty, and a scan is the quickest way to see that.
  const scanned = ofRuns.filter((node) => node['Node Type'] === 'Seq Scan' && rowsOf(node) > 100);
  expect(scanned).toEqual([]);
  expect(ofRuns.reduce((rows, node) => rows + rowsOf(node), 0)).toBeLessThan(RUNS / 10);
});

test('a strip has the newest runs of its pipeline, newest first, and those of nobody else', async () => {
  const recent = await readRecentRuns(program.services, program.actor, { ids: ALL, limit: MAX_RECENT });
  const expected = await program.database.sql<{ pipeline: string; runs: string[] }[]>`
    SELECT pipeline_id::text AS pipeline, to_json((array_agg('run_' || replace(id::text, '-', '') ORDER BY id DESC))[1:${MAX_RECENT}::int]) AS runs
    FROM runs GROUP BY pipeline_id`;
  expect(new Map([...recent].map(([id, runs]) => [toUuid(id), runs.map((run) => run.id as string)]))).toEqual(
    new Map(expected.map(({ pipeline: id, runs }) => [id.replaceAll('-', ''), runs])),
  );
  const stranger = { orgId: 'org_00000000000070008000000000000002' as OrgId };
  expect(await readRecentRuns(program.services, stranger, { ids: ALL, limit: 5 })).toEqual(new Map());
});

test('they come with the list when asked for, and not for those who may see no runs', async () => {
  const list = async (recentRuns: number, scopes: readonly 'pipelines:read'[] | null = null) => {
    const actor = scopes ? { ...program.actor, kind: 'key' as const, scopes } : program.actor;
    const page = await listPipelines(program.services, actor, { search: 'recent', sort: 'name', recentRuns });
    return page.items.map((item) => item.recentRuns?.length ?? null);
  };
  const counts = await list(MAX_RECENT);
  expect(counts.slice(0, 2)).toEqual([MAX_RECENT, MAX_RECENT]);
  expect(counts.every((count) => count !== null && count <= MAX_RECENT)).toBe(true);
  expect(new Set(await list(0))).toEqual(new Set([null]));
  expect(new Set(await list(MAX_RECENT, ['pipelines:read']))).toEqual(new Set([null]));
});
