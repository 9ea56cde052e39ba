import type { Sql } from '#db/client.ts';
import { compileGraph } from '#server/domain/graph/compile.ts';
import { graphSchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, type OrgId, toUuid } from '#server/domain/ids.ts';

export interface History {
  orgId?: OrgId;
  runs: number;
  days: number;
  pipelines: number;
  agents: number;
}

/** Five stages: two beside each other after the first, then the rest in a row. */
const STAGES = ['read', 'check', 'shape', 'ask', 'write'] as const;

export const historyGraph = compileGraph(
  graphSchema.parse({
    stages: STAGES.map((key) => ({ key, type: `do-${key}` })),
    dependencies: [
      { from: 'read', to: 'check' },
      { from: 'read', to: 'shape' },
      { from: 'check', to: 'ask' },
      { from: 'shape', to: 'ask' },
      { from: 'ask', to: 'write' },
    ],
  }),
);

const bare = (kind: number, number: string) => `lpad(to_hex(${kind} * 1000000 + ${number}), 32, '0')::uuid`;

/** Ids of what the history speaks of; bare, numbered from 1. */
export const historyId = (kind: 'pipeline' | 'version' | 'agent', number: number): string =>
  (({ pipeline: 1, version: 2, agent: 3 })[kind] * 1_000_000 + number).toString(16).padStart(32, '0');

/**
 * Runs that ended in the days up to now, made in SQL: of each hundred four failed in two ways and one was cancelled,
 * every tenth has a tag of its own, every seventh task had an attempt before. All of it hangs on the run's number.
 */
export async function fillHistory(db: Sql, history: History): Promise<void> {
  // A run that has ended is there with all of its tasks, as the engine commits it: whoever counts may look any moment.
  await db.begin((tx) => fill(tx as unknown as Sql, history));
  await db`ANALYZE runs, tasks, attempts`;
}

async function fill(sql: Sql, history: History): Promise<void> {
  const { runs, days, pipelines, agents } = history;
  const org = toUuid(history.orgId ?? DEFAULT_ORG_ID);
  await sql`SELECT ensure_parts(now() - make_interval(days => ${Math.ceil(days) + 8}::int), now())`;
  await sql.unsafe(`
    INSERT INTO pipelines (id, org_id, name, tags)
    SELECT ${bare(1, 'p')}, '${org}', 'history ' || p, CASE WHEN p = 1 THEN '{nightly}'::text[] ELSE '{}' END
    FROM generate_series(1, ${pipelines}) p`);
  await sql.unsafe(`
    INSERT INTO versions (id, org_id, pipeline_id, number, graph, content_hash)
    SELECT ${bare(2, 'p')}, '${org}', ${bare(1, 'p')}, 1, '${JSON.stringify(historyGraph.graph)}', 'history ' || p
    FROM generate_series(1, ${pipelines}) p`);
  await sql.unsafe(`
    INSERT INTO agents (id, org_id, name, transport, capabilities)
    SELECT ${bare(3, 'a')}, '${org}', 'history ' || a, 'pull', '["history"]' FROM generate_series(1, ${agents}) a`);
  await sql`INSERT INTO agent_health (agent_id, org_id, state, last_beat_at)
    SELECT id, org_id, 'offline', now() - interval '1 day' FROM agents WHERE name LIKE 'history %' AND org_id = ${org}::text::uuid`;
  await sql.unsafe(`
    INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, error, error_group, labels, input, parameters,
      metadata, trigger, tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT overlay(uuid_at(t)::text placing substring(md5(n::text) for 12) from 25)::uuid, '${org}',
      ${bare(1, `1 + n % ${pipelines}`)}, ${bare(2, `1 + n % ${pipelines}`)},
      (CASE WHEN n % 25 = 0 THEN 'failed' WHEN n % 100 = 1 THEN 'cancelled' ELSE 'succeeded' END)::run_status, 9, 9,
      CASE WHEN n % 50 = 0 THEN '{"class":"agent","code":"BROKEN","message":"row 7 is broken"}'::json
        WHEN n % 25 = 0 THEN '{"class":"timeout","code":"TIMEOUT","message":"it took too long"}'::json END,
      CASE WHEN n % 50 = 0 THEN 'aaaaaaaaaaaaaaaa' WHEN n % 25 = 0 THEN 'bbbbbbbbbbbbbbbb' END,
      CASE WHEN n % 10 = 0 THEN ARRAY['tag:tenth'] END, '{}', '{}', '{}', 'api', 5, 0, t,
      t + make_interval(secs => 1 + (n % 97) / 10.0), t
    FROM (SELECT n, now() - make_interval(secs => 20) - make_interval(secs => ${days * 86_400} * (n::float8 / ${runs})) AS t
      FROM generate_series(1, ${runs}) n) AS made`);
  await sql.unsafe(`
    INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, ready_at, started_at,
      finished_at, progress)
    SELECT r.id, s.idx, '${org}', s.key, 'do-' || s.key, CASE WHEN s.idx = 4 THEN r.status::text ELSE 'succeeded' END::task_status,
      CASE WHEN (r.n + s.idx) % 7 = 0 THEN 2 ELSE 1 END, 1, 0, ${bare(3, `1 + (r.n + s.idx) % ${agents}`)},
      r.created_at + s.idx * r.step, r.created_at + s.idx * r.step + 0.2 * r.step, r.created_at + (s.idx + 1) * r.step, 1
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS n, (finished_at - created_at) / 5 AS step FROM runs
      WHERE org_id = '${org}') AS r
    CROSS JOIN unnest(ARRAY['${STAGES.join("','")}']) WITH ORDINALITY AS of (key, nth)
    CROSS JOIN LATERAL (SELECT of.key, (of.nth - 1)::int AS idx) AS s`);
  await sql.unsafe(`
    INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, ready_at, started_at, finished_at)
    SELECT run_id, idx, 1, org_id, 1, agent_id, CASE WHEN idx % 2 = 0 THEN 'failed' ELSE 'lost' END, ready_at, ready_at, started_at
    FROM tasks WHERE epoch = 2 AND org_id = '${org}'`);
}
