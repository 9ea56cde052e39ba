import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { connectDatabase, connectFinder } from '#db/client.ts';
import { inTenant } from '#db/tenant.ts';
import { errorGroupOf } from '#server/domain/error-group.ts';
import { type AgentId, type PipelineId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { partOf, plansFor, stretchesOf } from '#server/services/run/find-runs.ts';
import { isByEnds, type RunQuery } from '#server/services/run/run-conditions.ts';
import { type RunFilter, resolveFilter } from '#server/services/run/run-filter.ts';
import { selectEndFrontier, selectFrontier, selectRunIds } from '#server/services/run/run-query.ts';
import { startTestApp, type TestApp } from './app.ts';

/**
 * Many runs of many weeks, made in SQL: 20 pipelines with 4 versions each, 50 agents, one run in 500 is rare, as many
 * were cancelled at once.
 */
export const RUNS = 100_000;
/** The oldest ones have labels and durations of their own. */
const OLD = 3000;
export const WEEKS = 8;
const WEEK_MS = 7 * 86_400_000;
/**
 * When the newest run was made: a little past the middle of a week that is over. So each week's part has as many runs on
 * whichever day the tests run, for how a part is read hangs on that.
 */
export const LISTED_NOW = new Date(Math.floor(Date.now() / WEEK_MS) * WEEK_MS - 0.45 * WEEK_MS);
export const id = (kind: string, number: number) => `${kind}_${number.toString(16).padStart(32, '0')}`;
export const PIPELINE = id('pipe', 7) as PipelineId;
export const VERSION = id('ver', 70_002) as VersionId;
export const AGENT = id('agent', 13) as AgentId;
/** A stage that some of the oldest runs had, and the agent that did it. */
export const SELDOM = 'seldom';
export const SELDOM_DID = id('agent', 98) as AgentId;
/** It has worked on half of all runs, and on none that failed. */
export const BUSY = id('agent', 99) as AgentId;
export const GROUP = errorGroupOf({ class: 'agent', code: 'X', message: 'broken' });

/** What the database did for a page. */
export interface Effort {
  found: number;
  /** Rows of parts. */
  read: number;
  /** Pages of 8 kB, again each time: an index that is gone through for each row costs no rows. */
  blocks: number;
  /** What was read from end to end. */
  scanned: { part: string; rows: number }[];
}

export interface ListedRuns extends AsyncDisposable {
  program: TestApp;
  queryOf(filter: RunFilter, more?: Partial<RunQuery>): Promise<RunQuery>;
  explain(filter: RunFilter, more?: Partial<RunQuery>): Promise<Effort>;
  /** Of looking for the place up to which so many are. */
  explainFrontier(query: RunQuery, count: number): Promise<Effort>;
}

export async function startListedRuns(): Promise<ListedRuns> {
  const program = await startTestApp();
  await fill(program);
  const one = { url: program.database.url, applicationName: 'planner', max: 1 };
  const planners = { kept: connectFinder(one), 'by value': connectDatabase({ ...one, plansByValue: true }) };

  /** As it is planned when it is asked: for its values, or once for all. */
  async function effortOf(select: SQL, plans: 'kept' | 'by value'): Promise<Effort> {
    const { sql: text, params } = new PgDialect().sqlToQuery(select);
    const client = planners[plans];
    await client.unsafe(`PREPARE asked AS ${text}`);
    const values = params.map((value) => `'${String(value).replaceAll("'", "''")}'`).join(', ');
    const [row] = await client.unsafe(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asked (${values})`,
    );
    await client.unsafe('DEALLOCATE asked');
    const plan = row?.['QUERY PLAN'] as { Plan: PlanNode }[] | string;
    const [{ Plan: root }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: PlanNode }];
    return readPlan(root);
  }

  async function queryOf(filter: RunFilter, more: Partial<RunQuery> = {}): Promise<RunQuery> {
    const where = await inTenant(program.services.db, program.actor.orgId, (tx) =>
      resolveFilter(tx, program.actor, filter),
    );
    return { where, sort: 'created', order: 'desc', limit: 51, ...more };
  }

  return {
    program,
    queryOf,
    async explain(filter, more) {
      const query = await queryOf(filter, more);
      let looked = 0;
      const sum: Effort = { found: 0, read: 0, blocks: 0, scanned: [] };
      for await (const stretch of stretchesOf(program.services, query)) {
        const part = partOf(query, stretch);
        const { found, read, blocks, scanned } = await effortOf(selectRunIds(part), plansFor(part));
        sum.scanned.push(...scanned);
        sum.read += read;
        sum.blocks += blocks;
        sum.found = Math.min(query.limit, looked + found);
        if (stretch.upTo !== undefined) looked = sum.found;
        if (sum.found === query.limit) break;
      }
      return sum;
    },
    explainFrontier: (query, count) =>
      effortOf(isByEnds(query) ? selectEndFrontier(query, count) : selectFrontier(query, count), 'by value'),
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(planners).map((client) => client.end({ timeout: 5 })));
      await program[Symbol.asyncDispose]();
    },
  };
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}

function readPlan(root: PlanNode): Effort {
  const ofParts = nodesOf(root).filter((node) =>
    /^(runs|tasks|attempts|run_labels)_w\d+$/.test(node['Relation Name'] ?? ''),
  );
  // Parts of weeks in which nothing ran are empty, and a scan is the quickest way to see that.
  const scanned = ofParts.filter((node) => node['Node Type'] === 'Seq Scan' && rowsOf(node) > 100);
  return {
    found: root['Actual Rows'] ?? 0,
    read: ofParts.reduce((rows, node) => rows + rowsOf(node), 0),
    blocks: (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0),
    scanned: scanned.map((node) => ({ part: node['Relation Name'] ?? '', rows: rowsOf(node) })),
  };
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const rowsOf = (node: PlanNode): number =>
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);

async function fill(program: TestApp): Promise<void> {
  const { sql: db } = program.database;
  const orgId = toUuid(program.actor.orgId);
  await db`SELECT ensure_parts(${LISTED_NOW.toISOString()}::text::timestamptz - make_interval(weeks => ${WEEKS}::int), now())`;
  await db`INSERT INTO pipelines (id, org_id, name, tags)
    SELECT lpad(to_hex(p), 32, '0')::uuid, ${orgId}::text::uuid, 'listed ' || p, CASE p WHEN 7 THEN '{tagged}'::text[] ELSE '{}' END
    FROM generate_series(1, 20) p`;
  await db`INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, failing, error, error_group, labels, input,
      parameters, metadata, trigger, replay_of, tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT overlay(uuid_at(t)::text placing substring(md5(n::text) for 12) from 25)::uuid, ${orgId}::text::uuid,
      lpad(to_hex(1 + n % 20), 32, '0')::uuid, lpad(to_hex((1 + n % 20) * 10000 + n / 20 % 4), 32, '0')::uuid,
      (CASE WHEN n % 500 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'running' WHEN n % 500 = 251 THEN 'cancelled' ELSE 'succeeded' END)::run_status, 9, 9, NULL,
      CASE WHEN n % 500 = 0 THEN '{"class":"agent","code":"X","message":"broken"}'::json END,
      CASE WHEN n % 500 = 0 THEN ${GROUP}::text END,
      array_remove(ARRAY['tag:every', CASE WHEN n % 500 = 7 THEN 'env=rare' WHEN n % 2 = 0 THEN 'env=prod' END,
        CASE WHEN n % 500 = 7 THEN 'tag:tagged' END, CASE WHEN n <= ${OLD}::int THEN 'tag:old' END,
        CASE WHEN n <= ${OLD}::int THEN 'age=old' END], NULL),
      '{}', '{}', '{}', CASE WHEN n % 500 = 3 THEN 'manual' ELSE 'api' END,
      CASE WHEN n % 500 = 4 THEN lpad(to_hex(5), 32, '0')::uuid END, 1, 0, t,
      CASE WHEN n % 1000 = 1 THEN NULL WHEN n % 500 = 251 THEN t + interval '1 ms' ELSE t + make_interval(secs => n % 977 + CASE WHEN n <= ${OLD}::int THEN 2000 ELSE 0 END) END, t
    FROM (SELECT n, ${LISTED_NOW.toISOString()}::text::timestamptz - make_interval(weeks => ${WEEKS - 1}::int) * (1 - n::float8 / ${RUNS}::int) AS t
      FROM generate_series(1, ${RUNS}::int) n) AS made`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, progress)
    SELECT id, 0, org_id, 'only', 'echo', 'succeeded', 1, 1, 0, lpad(to_hex(row_number() OVER () % 50), 32, '0')::uuid, 1 FROM runs`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, progress)
    SELECT id, 1, org_id, 'more', 'echo', 'succeeded', 1, 1, 0, ${toUuid(BUSY)}::text::uuid, 1 FROM runs
    WHERE status <> 'failed' AND get_byte(uuid_send(id), 15) % 2 = 0`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, progress)
    SELECT id, 2, org_id, ${SELDOM}, 'echo', (CASE WHEN get_byte(uuid_send(id), 15) % 4 = 0 THEN 'failed' ELSE 'succeeded' END)::task_status,
      1, 2, 0, ${toUuid(SELDOM_DID)}::text::uuid, 1 FROM runs WHERE 'age=old' = ANY (labels) AND get_byte(uuid_send(id), 14) % 4 = 0`;
  await db`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, progress)
    SELECT id, 3, org_id, 'passed', 'echo', 'skipped', 0, 0, 0, 0 FROM runs WHERE get_byte(uuid_send(id), 13) % 4 = 0`;
  await db`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, finished_at)
    SELECT run_id, idx, 0, org_id, 1, agent_id, CASE get_byte(uuid_send(run_id), 13) % 3 WHEN 0 THEN 'failed' WHEN 1 THEN 'lost' ELSE 'released' END,
      now() FROM tasks WHERE stage_key = ${SELDOM}`;
  await db`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, finished_at)
    SELECT run_id, idx, 0, org_id, 1, agent_id, 'released', now() FROM tasks WHERE stage_key = 'more' AND get_byte(uuid_send(run_id), 14) % 4 = 0`;
  await db`ANALYZE runs, run_labels, tasks, attempts, pipelines`;
}
