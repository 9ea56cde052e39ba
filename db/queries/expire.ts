import type { Sql } from '../client.ts';

/** Days that finished runs are kept, by how they ended. */
export interface KeepDays {
  succeeded: number;
  failed: number;
  cancelled: number;
}

/** The tables that are cut by week, in the order in which a week's parts are dropped: the runs last, as its mark. */
export const PARENTS = [
  'run_labels',
  'run_objects',
  'task_stage_logs',
  'run_events',
  'attempts',
  'tasks',
  'runs',
] as const;

const WEEK_SECONDS = 604_800;
/** Parts are made from so long ago to so far ahead; what is older and empty may go. */
const MADE_BEFORE = '7 days';
const MADE_AHEAD = '28 days';

/** Makes the weekly parts that births of the next weeks need. */
export async function ensureParts(sql: Sql): Promise<void> {
  await sql`SELECT ensure_parts(now() - ${MADE_BEFORE}::text::interval, now() + ${MADE_AHEAD}::text::interval)`;
}

/** `finished_at` of a run that is not over is null, and so is its number of days: it never expires. */
function isExpired({ succeeded, failed, cancelled }: KeepDays): string {
  const days = [succeeded, failed, cancelled].map((value) => Math.max(1, Math.trunc(value)));
  return `coalesce(finished_at < now() - make_interval(days => CASE status
    WHEN 'succeeded' THEN ${days[0]} WHEN 'failed' THEN ${days[1]} WHEN 'cancelled' THEN ${days[2]} END), false)`;
}

/** Weeks that have parts and ended so long ago that no run can still be born into them, oldest first. */
export async function listPastWeeks(sql: Sql): Promise<number[]> {
  const rows = await sql<{ week: number }[]>`
    SELECT DISTINCT substring(relname FROM '_w([0-9]+)$')::int AS week FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname ~ ${`^(${PARENTS.join('|')})_w[0-9]+$`}
      AND to_timestamp((substring(relname FROM '_w([0-9]+)$')::bigint + 1) * ${WEEK_SECONDS}::int)
        < now() - ${MADE_BEFORE}::text::interval
    ORDER BY week`;
  return rows.map((row) => row.week);
}

/** All weeks of runs that began long enough ago to hold an expired one, oldest first. */
export async function listWeeksOfRuns(sql: Sql, keep: KeepDays): Promise<number[]> {
  const shortest = Math.min(keep.succeeded, keep.failed, keep.cancelled);
  const rows = await sql<{ week: number }[]>`
    SELECT substring(relname FROM '_w([0-9]+)$')::int AS week FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname ~ '^runs_w[0-9]+$'
      AND to_timestamp(substring(relname FROM '_w([0-9]+)$')::bigint * ${WEEK_SECONDS}::int)
        < now() - make_interval(days => ${shortest}::int)
    ORDER BY week`;
  return rows.map((row) => row.week);
}

export async function isWeekExpired(sql: Sql, week: number, keep: KeepDays): Promise<boolean> {
  const [table] = await sql`SELECT FROM pg_class WHERE oid = to_regclass(${`runs_w${week}`})`;
  if (!table) return true;
  const kept = await sql.unsafe(`SELECT FROM runs_w${week} WHERE NOT ${isExpired(keep)} LIMIT 1`);
  return kept.length === 0;
}

export interface ExpiredPage {
  deleted: number;
  /** Where the next page begins; null when there is none. */
  last: string | null;
}

/**
 * Deletes expired runs with all that belongs to them: some hundred in one statement, so that no transaction is long
 * and a run is never there in part. A page begins after the id where the one before ended; no row is read twice.
 */
export async function deleteExpired(
  sql: Sql,
  { week, keep }: { week: number; keep: KeepDays },
  page: { after: string; limit: number },
): Promise<ExpiredPage> {
  // Labels go with their run by themselves (migration 0180).
  const children = PARENTS.filter((parent) => parent !== 'runs' && parent !== 'run_labels').map(
    (parent) =>
      `of_${parent} AS (DELETE FROM ${parent}_w${week} WHERE run_id IN (SELECT id FROM doomed) RETURNING 1)`,
  );
  const [row] = await sql.unsafe<[{ deleted: number; last: string | null }]>(
    `WITH doomed AS MATERIALIZED (
       SELECT id FROM runs_w${week} WHERE id > $1::text::uuid AND ${isExpired(keep)} ORDER BY id LIMIT $2::text::int),
     ${children.join(',\n')},
     told AS (DELETE FROM notification_deliveries WHERE run_id IN (SELECT id FROM doomed) RETURNING 1),
     files AS (DELETE FROM workspaces WHERE run_id IN (SELECT id FROM doomed) RETURNING 1),
     late AS (DELETE FROM late_answers WHERE run_id IN (SELECT id FROM doomed) RETURNING 1),
     gone AS (DELETE FROM runs_w${week} WHERE id IN (SELECT id FROM doomed) RETURNING 1)
     SELECT (SELECT count(*)::int FROM gone) AS deleted, (SELECT max(id::text) FROM doomed) AS last`,
    [page.after, String(page.limit)],
  );
  return row;
}

/** Ends detachments that were interrupted half-way: while a parent has one, it begins no other. */
export async function finishDetachments(sql: Sql): Promise<void> {
  const rows = await sql<{ parent: string; part: string }[]>`
    SELECT inhparent::regclass::text AS parent, inhrelid::regclass::text AS part
    FROM pg_inherits WHERE inhdetachpending`;
  for (const { parent, part } of rows) {
    await sql.unsafe(`ALTER TABLE ${parent} DETACH PARTITION ${part} FINALIZE`);
  }
}

/**
 * Gives a week's disk back at once. Detaching CONCURRENTLY never locks the parent against the engine, which a plain
 * DROP of a part would. It cannot be part of a transaction: what an interruption leaves is found by its name and
 * finished the next time.
 */
export async function dropWeek(sql: Sql, week: number): Promise<void> {
  for (const parent of PARENTS) {
    const part = `${parent}_w${week}`;
    const [link] = await sql`SELECT FROM pg_inherits WHERE inhrelid = to_regclass(${part})`;
    if (link) await sql.unsafe(`ALTER TABLE ${parent} DETACH PARTITION ${part} CONCURRENTLY`);
    await sql.unsafe(`DROP TABLE IF EXISTS ${part}`);
  }
}

/** Small tables whose rows are of no use once they are old. Each is asked until a page comes back short. */
export const SHEDDINGS = {
  /** A broker brings no message back after so long. */
  inbox: `message_id IN (SELECT message_id FROM inbox WHERE at < now() - interval '2 days' LIMIT $2::text::int)`,
  /** A key goes with its run: it would name one that is gone. */
  idempotency_keys: `(org_id, key) IN (SELECT k.org_id, k.key FROM idempotency_keys k
    WHERE k.created_at < now() - make_interval(days => $1::text::int)
      AND NOT EXISTS (SELECT FROM runs r WHERE r.id = k.run_id) LIMIT $2::text::int)`,
  /** With all that is in them; those of runs that were never born too. A replay's is there a moment before its run. */
  workspaces: `run_id IN (SELECT w.run_id FROM workspaces w WHERE w.created_at < now() - interval '1 day'
    AND NOT EXISTS (SELECT FROM runs r WHERE r.id = w.run_id) LIMIT $2::text::int)`,
  /** With their items. */
  bulks: `id IN (SELECT id FROM bulks
    WHERE finished_at < now() - make_interval(days => $1::text::int) LIMIT $2::text::int)`,
  /** A task's letter goes with its run, closed or not: without it there is nothing to look at or to do again. */
  dead_letters: `id IN (SELECT d.id FROM dead_letters d
    WHERE CASE WHEN d.run_id IS NULL THEN d.closed_at < now() - make_interval(days => $1::text::int)
      ELSE NOT EXISTS (SELECT FROM runs r WHERE r.id = d.run_id) END LIMIT $2::text::int)`,
  late_answers: `id IN (SELECT id FROM late_answers
    WHERE at < now() - make_interval(days => $1::text::int) LIMIT $2::text::int)`,
  /** Those of dropped weeks, and those that tell of no run. Their ids begin with their time of birth. */
  notification_deliveries: `id IN (SELECT id FROM notification_deliveries
    WHERE id < uuid_at(now() - make_interval(days => $1::text::int)) AND next_at IS NULL LIMIT $2::text::int)`,
  /** What was counted goes when the last of what it counts may have gone. */
  run_rollups: `ctid IN (SELECT ctid FROM run_rollups
    WHERE at < now() - make_interval(days => $1::text::int + 1) LIMIT $2::text::int)`,
  task_rollups: `ctid IN (SELECT ctid FROM task_rollups
    WHERE at < now() - make_interval(days => $1::text::int + 1) LIMIT $2::text::int)`,
  analytics_slices: `(org_id, at) IN (SELECT org_id, at FROM analytics_slices
    WHERE at < now() - make_interval(days => $1::text::int + 2) LIMIT $2::text::int)`,
  error_groups: `(org_id, id) IN (SELECT org_id, id FROM error_groups
    WHERE last_seen < now() - make_interval(days => $1::text::int + 1) LIMIT $2::text::int)`,
  /** What it was last stays, however long it has been so. */
  agent_history: `(agent_id, at) IN (SELECT y.agent_id, y.at FROM agent_history y
    WHERE y.at < now() - make_interval(days => $1::text::int)
      AND EXISTS (SELECT FROM agent_history z WHERE z.agent_id = y.agent_id AND z.at > y.at) LIMIT $2::text::int)`,
  agent_performance: `(agent_id, capability, minute) IN (SELECT agent_id, capability, minute FROM agent_performance
    WHERE minute < now() - make_interval(days => $1::text::int) LIMIT $2::text::int)`,
} as const;
export type Shedding = keyof typeof SHEDDINGS;

export async function shed(
  sql: Sql,
  table: Shedding,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  // Both parameters are named in every text, so that they have a type where one is not needed.
  const text = `DELETE FROM ${table} WHERE $1::text IS NOT NULL AND ${SHEDDINGS[table]}`;
  const result = await sql.unsafe(text, [String(days), String(limit)]);
  return result.count;
}
