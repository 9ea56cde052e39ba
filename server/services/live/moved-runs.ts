import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type OrgId, type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Services } from '../context.ts';
import { type Moment, oldestOf, xidsOf } from './moment.ts';

export interface MovedRun {
  runId: RunId;
  pipelineId: PipelineId | null;
  /** The last number before its first new one. */
  after: number;
  lastSeq: number;
}

export interface Moved {
  /** The moment of this look, to be given to the next one. */
  moment: Moment;
  /** Null: more has happened than one look takes, or the moment is none of this database. */
  runs: MovedRun[] | null;
}

export interface Look {
  since: Moment;
  /** Runs and commits that this look takes at most. */
  limit: number;
  commits: number;
}

interface Row extends Record<string, unknown> {
  snapshot: string;
  now_ms: number;
  seen: number;
  is_far: boolean;
  runs: { id: string; pipeline: string | null; first: number; last: number }[] | null;
}

/** Transactions that a look goes through, also where they are of other organisations. */
const MAX_XIDS = 1_000_000;

/**
 * Runs that have events which were not committed yet at that moment. Exact, however many commits were under way then
 * and in whatever order they ended: Postgres itself says which transactions a snapshot could not see. The index on
 * `xid` leads to rows written since the oldest of those began. What is too much for one look is gone along page by
 * page (`readStretch`).
 */
export async function findMovedRuns(
  services: Pick<Services, 'db'>,
  orgId: OrgId,
  { since, limit, commits }: Look,
): Promise<Moved> {
  const { oldest, next } = xidsOf(since);
  const isFar = sql`pg_snapshot_xmax(pg_current_snapshot())::text::bigint - ${oldest.toString()}::text::bigint > ${MAX_XIDS}`;
  const [row] = await inTenant(services.db, orgId, (tx) =>
    tx.execute<Row>(sql`
      WITH news AS MATERIALIZED (
        SELECT run_id, seq_from, seq_to FROM run_events
        WHERE NOT (${isFar}) AND org_id = (SELECT current_org()) AND xid >= ${oldest.toString()}::text::bigint
          AND NOT pg_visible_in_snapshot(xid::text::xid8, ${since.snapshot}::text::pg_snapshot)
          AND at > to_timestamp(${oldestOf(since)}::float8 / 1000)
        LIMIT ${commits + 1}),
      moved AS (
        SELECT r.id, r.pipeline_id AS pipeline, n.first, n.last
        FROM (SELECT run_id, min(seq_from) AS first, max(seq_to) AS last FROM news GROUP BY run_id) n
        JOIN runs r ON r.id = n.run_id AND r.org_id = (SELECT current_org())
        ORDER BY r.id LIMIT ${limit + 1})
      SELECT pg_current_snapshot()::text AS snapshot, floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms,
        ${isFar} AS is_far, (SELECT count(*)::int FROM news) AS seen, (SELECT json_agg(moved) FROM moved) AS runs`),
  );
  if (!row) throw new Error('a look has one row');
  const runs = row.runs ?? [];
  const isForeign = next > xidsOf(row).next;
  const isTooMuch = row.is_far || row.seen > commits || runs.length > limit;
  return {
    moment: { snapshot: row.snapshot, atMs: row.now_ms },
    runs: isForeign || isTooMuch ? null : runs.map(toMovedRun),
  };
}

function toMovedRun(run: NonNullable<Row['runs']>[number]): MovedRun {
  return {
    runId: fromUuid('run', run.id),
    pipelineId: run.pipeline === null ? null : fromUuid('pipe', run.pipeline),
    after: run.first - 1,
    lastSeq: run.last,
  };
}

/** Runs for which something is due, for whoever has been away for too long: all that are under way. */
export async function findOpenRuns(
  services: Pick<Services, 'db'>,
  orgId: OrgId,
  { limit, pipelineIds }: { limit: number; pipelineIds: readonly PipelineId[] | null },
): Promise<RunId[]> {
  const only =
    pipelineIds === null
      ? sql`true`
      : sql`pipeline_id IN (SELECT json_array_elements_text(${JSON.stringify(pipelineIds.map(toUuid))}::text::json)::uuid)`;
  const rows = await inTenant(services.db, orgId, (tx) =>
    tx.execute<{ id: string }>(sql`
      SELECT id::text FROM runs WHERE org_id = (SELECT current_org()) AND wake_at IS NOT NULL AND ${only} ORDER BY wake_at LIMIT ${limit}`),
  );
  return rows.map(({ id }) => fromUuid('run', id));
}
