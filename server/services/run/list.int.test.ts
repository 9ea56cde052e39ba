import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase, connectFinder, type Sql } from '#db/client.ts';
import { inTenant } from '#db/tenant.ts';
import { errorGroupOf } from '#server/domain/error-group.ts';
import { type AgentId, type PipelineId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { plansFor, stretchesOf } from './find-runs.ts';
import { listRuns } from './list.ts';
import type { RunQuery } from './run-conditions.ts';
import { resolveFilter } from './run-filter.ts';
import { selectRunIds } from './run-query.ts';

/** Many runs of many weeks, made in SQL: 20 pipelines with 4 versions each, 50 agents, one run in 500 is rare. */
const RUNS = 100_000;
/** The oldest ones have labels and durations of their own. */
const OLD = 3000;
const WEEKS = 8;
const id = (kind: string, number: number) => `${kind}_${number.toString(16).padStart(32, '0')}`;
const PIPELINE = id('pipe', 7) as PipelineId;
const VERSION = id('ver', 70_002) as VersionId;
const AGENT = id('agent', 13) as AgentId;
/** It has worked on half of all runs, and on none that failed. */
const BUSY = id('agent', 99) as AgentId;
const GROUP = errorGroupOf({ class: 'agent', code: 'X', message: 'broken' });

let program: TestApp;
let planners: Record<'kept' | 'by value', Sql>;
const at = () => [program.services, program.actor] as const;
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

beforeAll(async () => {
  program = await startTestApp();
  const one = { url: program.database.url, applicationName: 'planner', max: 1 };
  planners = { kept: connectFinder(one), 'by value': connectDatabase({ ...one, plansByValue: true }) };
  await fill();
}, 180_000);
afterAll(async () => {
  await Promise.all(Object.values(planners ?? {}).map((client) => client.end({ timeout: 5 })));
  await program?.[Symbol.asyncDispose]();
});

async function fill(): Promise<void> {
  const { sql: db } = program.database;
  const orgId = toUuid(program.actor.orgId);
  await db`SELECT ensure_parts(now() - make_interval(weeks => ${WEEKS}::int), now())`;
  await db`INSERT INTO pipelines (id, org_id, name, tags)
    SELECT lpad(to_hex(p), 32, '0')::uuid, ${orgId}::text::uuid, 'listed ' || p, CASE p WHEN 7 THEN '{tagged}'::text[] ELSE '{}' END
    FROM generate_series(1, 20) p`;
  await db`INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, failing, error, error_group, labels, input,
      parameters, metadata, trigger, replay_of, tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT overlay(uuid_at(t)::text placing substring(md5(n::text) for 12) from 25)::uuid, ${orgId}::text::uuid,
      lpad(to_hex(1 + n % 20), 32, '0')::uuid, lpad(to_hex((1 + n % 20) * 10000 + n / 20 % 4), 32, '0')::uuid,
      (CASE WHEN n % 500 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'running' ELSE 'succeeded' END)::run_status, 9, 9, NULL,
      CASE WHEN n % 500 = 0 THEN '{"class":"agent","code":"X","message":"broken"}'::json END,
      CASE WHEN n % 500 = 0 THEN ${GROUP}::text END,
      array_remove(ARRAY['tag:every', CASE WHEN n % 500 = 7 THEN 'env=rare' WHEN n % 2 = 0 THEN 'env=prod' END,
        CASE WHEN n % 500 = 7 THEN 'tag:tagged' END, CASE WHEN n <= ${OLD}::int THEN 'tag:old' END,
        CASE WHEN n <= ${OLD}::int THEN 'age=old' END], NULL),
      '{}', '{}', '{}', CASE WHEN n % 500 = 3 THEN 'manual' ELSE 'api' END,
      CASE WHEN n % 500 = 4 THEN lpad(to_hex(5), 32, '0')::uuid END, 1, 0, t,
      CASE WHEN n % 1000 <> 1 THEN t + make_interval(secs => n % 977 + CASE WHEN n <= ${OLD}::int THEN 2000 ELSE 0 END) END, t
    FROM (SELECT n, now() - make_interval(weeks => ${WEEKS - 1}::int) * (n::float8 / ${RUNS}::int) AS t
      FROM generate_series(1, ${RUNS}::int) n) AS made`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, progress)
    SELECT id, 0, org_id, 'only', 'echo', 'succeeded', 1, 1, 0, lpad(to_hex(row_number() OVER () % 50), 32, '0')::uuid, 1 FROM runs`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, progress)
    SELECT id, 1, org_id, 'more', 'echo', 'succeeded', 1, 1, 0, ${toUuid(BUSY)}::text::uuid, 1 FROM runs
    WHERE status <> 'failed' AND get_byte(uuid_send(id), 15) % 2 = 0`;
  await db`ANALYZE runs, run_labels, tasks, attempts, pipelines`;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How the database finds the page: what it scanned from end to end, and how many rows it read. */
async function explain(given: Parameters<typeof resolveFilter>[2], more: Partial<RunQuery> = {}) {
  const where = await inTenant(program.services.db, program.actor.orgId, (tx) =>
    resolveFilter(tx, program.actor, given),
  );
  const query: RunQuery = { where, sort: 'created', order: 'desc', limit: 51, ...more };
  const sum = { found: 0, read: 0, scanned: [] as (string | undefined)[] };
  for await (const stretch of stretchesOf(program.services, query)) {
    const nodes = await planOf({ ...query, where: stretch });
    const ofParts = nodes.filter((node) =>
      /^(runs|tasks|attempts|run_labels)_w\d+$/.test(node['Relation Name'] ?? ''),
    );
    // Parts of weeks in which nothing ran are empty, and a scan is the quickest way to see that.
    const scanned = ofParts.filter((node) => node['Node Type'] === 'Seq Scan' && rowsOf(node) > 100);
    sum.scanned.push(...scanned.map((node) => node['Relation Name']));
    sum.read += ofParts.reduce((rows, node) => rows + rowsOf(node), 0);
    sum.found = nodes[0]?.['Actual Rows'] ?? 0;
    if (sum.found === query.limit) break;
  }
  return sum;
}

const rowsOf = (node: PlanNode): number =>
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);

const dialect = new PgDialect();

/** As it is planned when it is asked: for its values, or once for all. */
async function planOf(query: RunQuery): Promise<PlanNode[]> {
  const { sql: text, params } = dialect.sqlToQuery(selectRunIds(query));
  const client = planners[plansFor(query)];
  await client.unsafe(`PREPARE asked AS ${text}`);
  const values = params.map((value) => `'${String(value).replaceAll("'", "''")}'`).join(', ');
  const [row] = await client.unsafe(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked (${values})`);
  await client.unsafe('DEALLOCATE asked');
  const plan = row?.['QUERY PLAN'] as { Plan: PlanNode }[] | string;
  const [{ Plan: root }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: PlanNode }];
  return nodesOf(root);
}

const FILTERS: Record<string, Parameters<typeof resolveFilter>[2]> = {
  nothing: {},
  'a common status': { status: ['succeeded'] },
  'a rare status': { status: ['failed'] },
  'statuses that no run has': { status: ['paused', 'cancelling'] },
  'a pipeline': { pipelineId: PIPELINE },
  'a pipeline and a rare status': { pipelineId: id('pipe', 1) as PipelineId, status: ['failed'] },
  'a version': { versionId: VERSION },
  'a version that never ran': { versionId: id('ver', 1) as VersionId },
  'a day of creation': { createdAfter: ago(20), createdBefore: ago(19) },
  'a tag': { tag: 'tagged' },
  'a tag that nothing has': { tag: 'no such tag' },
  'a tag that all runs have': { tag: 'every' },
  'a tag that only the oldest have': { tag: 'old' },
  'a tag that all runs have and a rare status': { tag: 'every', status: ['failed'] },
  'a tag that only the oldest have and a status that they never had': { tag: 'old', status: ['paused'] },
  'an agent': { agentId: AGENT },
  'an agent and a rare status': { agentId: AGENT, status: ['failed'] },
  'a busy agent': { agentId: BUSY },
  'a busy agent and a status that it never had': { agentId: BUSY, status: ['failed'] },
  'a busy agent and a pipeline': { agentId: BUSY, pipelineId: PIPELINE },
  'a common trigger': { trigger: 'api' },
  'a rare trigger': { trigger: 'manual' },
  'an error group': { errorGroup: GROUP },
  'the beginning of an id': { idPrefix: 'run_01' },
  'common metadata': { metadata: 'env=prod' },
  'rare metadata': { metadata: 'env=rare' },
  'metadata that nothing has': { metadata: 'env=none' },
  'metadata that only the oldest have': { metadata: 'age=old' },
  'common metadata and a rare status': { metadata: 'env=prod', status: ['failed'] },
  'common metadata and a status that it never had': { metadata: 'env=prod', status: ['paused'] },
  'metadata that only the oldest have and a rare status': { metadata: 'age=old', status: ['failed'] },
  'common metadata of one day': { metadata: 'env=prod', createdAfter: ago(20), createdBefore: ago(19) },
  'rare metadata and an agent': { metadata: 'env=rare', agentId: AGENT },
  'common metadata and a busy agent': { metadata: 'env=prod', agentId: BUSY },
  'a busy agent on one day': { agentId: BUSY, createdAfter: ago(20), createdBefore: ago(19) },
  'how long it waits for an agent': { minWaitingMs: 300_000 },
  'having been replayed': { replayed: true },
  'a rare status and no replay': { status: ['failed'], replayed: false },
  'what it replays': { replayOf: id('run', 5) as RunId },
  'a day of ending': { finishedAfter: ago(20), finishedBefore: ago(19) },
  'having ended long ago': { finishedBefore: ago(19) },
  'having ended since': { finishedAfter: ago(19) },
  'a duration that few had': { minDurationMs: 970_000, maxDurationMs: 975_000 },
  'a duration that most had': { minDurationMs: 1000 },
  'a duration that many had': { minDurationMs: 300_000, maxDurationMs: 600_000 },
  'a duration that only the oldest had': { minDurationMs: 1_900_000 },
  'a duration that none had': { minDurationMs: 100_000_000 },
  'a day of ending and a rare status': {
    finishedAfter: ago(20),
    finishedBefore: ago(19),
    status: ['failed'],
  },
};
const ENDS: Record<string, Parameters<typeof resolveFilter>[2]> = {
  nothing: {},
  'a day of ending': { finishedAfter: ago(20), finishedBefore: ago(19) },
  'a duration': { minDurationMs: 970_000, maxDurationMs: 975_000 },
  'a common status': { status: ['succeeded'] },
  'a rare status': { status: ['failed'] },
  'a pipeline': { pipelineId: PIPELINE },
  'rare metadata': { metadata: 'env=rare' },
  'a tag': { tag: 'tagged' },
  'a tag that all runs have': { tag: 'every' },
};

describe('no filter reads a part of the runs from end to end', () => {
  test.each(Object.entries(FILTERS))('by %s, newest first', async (_, filter) => {
    const { scanned, read } = await explain(filter);
    expect(scanned).toEqual([]);
    // Of 100,000: a page, what lies beside it, and for what is found by a bitmap all that matches.
    expect(read).toBeLessThan(RUNS / 10);
  });

  test.each(Object.entries(FILTERS))('by %s, oldest first', async (_, filter) => {
    expect(await explain(filter, { order: 'asc' })).toMatchObject({ scanned: [] });
  });

  const sorts = ['finished', 'duration'] as const;
  const orders = ['desc', 'asc'] as const;
  const cases = Object.keys(ENDS).flatMap((name) =>
    sorts.flatMap((sort) => orders.map((order) => [name, sort, order] as const)),
  );
  test.each(cases)('by %s, sorted by %s %s', async (name, sort, order) => {
    expect(await explain(ENDS[name] ?? {}, { sort, order })).toMatchObject({ scanned: [] });
  });

  test('what failed in the last days is counted without a look at what did not', async () => {
    const filter = { status: ['failed' as const], finishedAfter: ago(10) };
    const { scanned, read, found } = await explain(filter, { sort: 'finished', limit: 10_000 });
    expect(scanned).toEqual([]);
    expect(found).toBeGreaterThan(0);
    expect(read).toBe(found);
  });

  test('a later page reads no more than the first', async () => {
    const first = await explain({});
    const [place] = await program.database.sql<
      { id: string }[]
    >`SELECT id FROM runs ORDER BY id LIMIT 1 OFFSET 50000`;
    const later = await explain({}, { after: [place?.id ?? ''] });
    expect(later.found).toBe(51);
    expect(later.read).toBeLessThan(first.read * 3);
  });
});

describe('pages', () => {
  const input = { pipelineId: id('pipe', 1) as PipelineId, status: ['failed' as const] };
  const count = RUNS / 500;
  const sorts = ['created', 'finished', 'duration'] as const;
  const cases = sorts.flatMap((sort) => (['desc', 'asc'] as const).map((order) => [sort, order] as const));

  test.each(cases)('sorted by %s %s hold every run once and in order', async (sort, order) => {
    const seen: { id: RunId; key: number }[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await listRuns(...at(), {
        ...input,
        sort,
        order,
        limit: 7,
        ...(cursor ? { cursor } : {}),
      });
      for (const run of page.items) {
        expect(run.status).toBe('failed');
        const ended = run.finishedAt?.getTime() ?? 0;
        const keys = {
          created: run.createdAt.getTime(),
          finished: ended,
          duration: ended - run.createdAt.getTime(),
        };
        seen.push({ id: run.id, key: keys[sort] });
      }
      cursor = page.nextCursor;
    }
    expect(new Set(seen.map((run) => run.id)).size).toBe(seen.length);
    expect(seen.length).toBe(count);
    const keys = seen.map(({ key }) => key);
    expect(keys).toEqual([...keys].sort((a, b) => (order === 'asc' ? a - b : b - a)));
  });

  test('a cursor is refused when it is forged, and in another order than it was made for', async () => {
    const { nextCursor } = await listRuns(...at(), { limit: 5 });
    const cursor = nextCursor ?? '';
    await expect(listRuns(...at(), { cursor })).resolves.toBeDefined();
    const forged = `${Buffer.from(JSON.stringify(['runs created desc', '0'.repeat(32)])).toString('base64url')}.${cursor.split('.')[1]}`;
    for (const wrong of [
      { cursor: forged },
      { cursor: 'nonsense' },
      { cursor, sort: 'finished' as const },
      { cursor, order: 'asc' as const },
    ]) {
      await expect(listRuns(...at(), wrong)).rejects.toMatchObject({ code: 'INVALID' });
    }
  });
});

describe('what filters find', () => {
  const idsOf = async (filter: Parameters<typeof listRuns>[2]) => {
    const { items } = await listRuns(...at(), { limit: 200, ...filter });
    return items.map((run) => run.id);
  };
  const countOf = async (condition: string) => {
    const [row] = await program.database.sql.unsafe(
      `SELECT count(*)::int AS count FROM runs WHERE ${condition}`,
    );
    return row?.count as number;
  };

  test.each([
    ['rare metadata', { metadata: 'env=rare' }, `'env=rare' = ANY (labels)`],
    ['a rare trigger', { trigger: 'manual' }, `trigger = 'manual'`],
    ['an error group', { errorGroup: GROUP }, 'error_group IS NOT NULL'],
    ['a replay', { replayOf: id('run', 5) as RunId }, 'replay_of IS NOT NULL'],
    [
      'a version and a trigger',
      { versionId: VERSION, trigger: 'manual' },
      `trigger = 'manual' AND version_id = '${toUuid(VERSION)}'`,
    ],
    ['an open status', { status: ['running' as const] }, `status = 'running'`],
    ['metadata of the oldest', { metadata: 'age=old', order: 'asc' }, `'age=old' = ANY (labels)`],
    ['an agent', { agentId: AGENT }, `id IN (SELECT run_id FROM tasks WHERE agent_id = '${toUuid(AGENT)}')`],
    [
      'common metadata and an agent',
      { metadata: 'env=prod', agentId: AGENT },
      `'env=prod' = ANY (labels) AND id IN (SELECT run_id FROM tasks WHERE agent_id = '${toUuid(AGENT)}')`,
    ],
    [
      'metadata and the status of few',
      { metadata: 'age=old', status: ['failed' as const] },
      `status = 'failed' AND 'age=old' = ANY (labels)`,
    ],
    ['a tag', { tag: 'tagged' }, `pipeline_id = '${toUuid(PIPELINE)}' OR 'tag:tagged' = ANY (labels)`],
    [
      'a duration of a few seconds',
      { minDurationMs: 500_000, maxDurationMs: 502_000 },
      `finished_at - created_at >= '500 s' AND finished_at - created_at < '502 s'`,
    ],
    [
      'a tag and a status',
      { tag: 'tagged', status: ['failed' as const] },
      `status = 'failed' AND (pipeline_id = '${toUuid(PIPELINE)}' OR 'tag:tagged' = ANY (labels))`,
    ],
  ] as const)('by %s are all runs of which it is true', async (_, filter, condition) => {
    const ids = await idsOf(filter as Parameters<typeof listRuns>[2]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(Math.min(200, await countOf(condition)));
  });

  test.each([
    ['desc', { minDurationMs: 301_000, maxDurationMs: 640_000 }],
    ['asc', { minDurationMs: 301_000, maxDurationMs: 640_000 }],
    ['desc', { minDurationMs: 590_000 }],
    ['desc', { maxDurationMs: 65_000 }],
  ] as const)('pages by duration (%s, %o) hold the runs of it in their order', async (order, range) => {
    const { minDurationMs = 0, maxDurationMs = 1e9 } = range as {
      minDurationMs?: number;
      maxDurationMs?: number;
    };
    const expected = await program.database.sql.unsafe(
      `SELECT id::text FROM runs WHERE finished_at - created_at >= '${minDurationMs} ms'
       AND finished_at - created_at < '${maxDurationMs} ms' ORDER BY id ${order} LIMIT 300`,
    );
    const first = await listRuns(...at(), { ...range, order, limit: 150 });
    const second = await listRuns(...at(), { ...range, order, limit: 150, cursor: first.nextCursor ?? '' });
    const found = [...first.items, ...second.items].map((run) => toUuid(run.id));
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
  });

  test('pages of a busy agent hold the runs that it worked on in their order', async () => {
    const expected = await program.database.sql.unsafe(
      `SELECT DISTINCT run_id::text AS id FROM tasks WHERE agent_id = '${toUuid(BUSY)}' ORDER BY 1 DESC LIMIT 300`,
    );
    const first = await listRuns(...at(), { agentId: BUSY, limit: 150 });
    const second = await listRuns(...at(), { agentId: BUSY, limit: 150, cursor: first.nextCursor ?? '' });
    const found = [...first.items, ...second.items].map((run) => toUuid(run.id));
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
  });

  test('a whole id and its beginning find the run', async () => {
    const [some] = await idsOf({ limit: 1 });
    expect(await idsOf({ idPrefix: some ?? '' })).toEqual([some]);
    expect(await idsOf({ idPrefix: some?.slice(0, 30) ?? '' })).toContain(some);
  });

  test('a range of creation holds what was created in it', async () => {
    const { items } = await listRuns(...at(), { createdAfter: ago(3), createdBefore: ago(2), limit: 200 });
    expect(items.length).toBe(200);
    for (const { createdAt } of items) {
      expect(createdAt.toISOString() >= ago(3.01) && createdAt.toISOString() < ago(2)).toBe(true);
    }
  });

  test('who may not read metadata does not find runs by it', async () => {
    const auditor = { ...program.actor, kind: 'person' as const, role: 'auditor' as const };
    const find = listRuns(program.services, auditor, { metadata: 'env=rare' });
    await expect(find).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const byTag = await listRuns(program.services, auditor, { tag: 'tagged', limit: 200 });
    expect(byTag.items.every((run) => run.pipelineId === PIPELINE)).toBe(true);
  });
});
