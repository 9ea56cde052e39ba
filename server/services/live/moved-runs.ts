import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type OrgId, type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Services } from '../context.ts';

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
  /** Null: more has happened than can be looked through, or the moment is none of this database. */
  runs: MovedRun[] | null;
}

/** A moment of the database: which transactions were over, and what its clock said. */
export interface Moment {
  snapshot: string;
  atMs: number;
}

interface Row extends Record<string, unknown> {
  snapshot: string;
  now_ms: number;
  seen: number;
  runs: { id: string; pipeline: string | null; first: number; last: number }[] | null;
}

/** Commits that one look goes through, whatever it is asked. */
const MAX_COMMITS = 200_000;

/**
 * Runs that have events which were not committed yet at that moment. Exact, however many commits were under way then
 * and in whatever order they ended: Postgres itself says which transactions a snapshot could not see. The index on
 * `xid` leads to rows written since the oldest of those began. A day is as far as anybody looks back, and keeps rows
 * out that came from another server by dump and restore, with that one's numbers.
 */
export async function findMovedRuns(
  services: Pick<Services, 'db'>,
  orgId: OrgId,
  { since, limit, pipelineId }: { since: string; limit: number; pipelineId?: PipelineId | undefined },
): Promise<Moved> {
  const [oldest = '0', newest = '0'] = since.split(':');
  const only = pipelineId === undefined ? null : toUuid(pipelineId);
  const [row] = await inTenant(services.db, orgId, (tx) =>
    tx.execute<Row>(sql`
      WITH news AS MATERIALIZED (
        SELECT run_id, seq_from, seq_to FROM run_events
        WHERE org_id = (SELECT current_org()) AND xid >= ${oldest}::text::bigint
          AND NOT pg_visible_in_snapshot(xid::text::xid8, ${since}::text::pg_snapshot)
          AND at > now() - interval '1 day'
        LIMIT ${MAX_COMMITS + 1}),
      moved AS (
        SELECT r.id, r.pipeline_id AS pipeline, n.first, n.last
        FROM (SELECT run_id, min(seq_from) AS first, max(seq_to) AS last FROM news GROUP BY run_id) n
        JOIN runs r ON r.id = n.run_id AND r.org_id = (SELECT current_org())
        WHERE ${only}::text IS NULL OR r.pipeline_id = ${only}::text::uuid
        ORDER BY r.id LIMIT ${limit + 1})
      SELECT pg_current_snapshot()::text AS snapshot, floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms,
        (SELECT count(*)::int FROM news) AS seen, (SELECT json_agg(moved) FROM moved) AS runs`),
  );
  if (!row) throw new Error('a look has one row');
  const runs = row.runs ?? [];
  const isForeign = BigInt(newest) > BigInt(row.snapshot.split(':')[1] ?? '0');
  const isTooMuch = row.seen > MAX_COMMITS || runs.length > limit;
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

/** A first moment, from which to look on. */
export async function takeMoment(services: Pick<Services, 'db'>, orgId: OrgId): Promise<Moment> {
  const [row] = await inTenant(services.db, orgId, (tx) =>
    tx.execute<{ snapshot: string; now_ms: number }>(sql`
      SELECT pg_current_snapshot()::text AS snapshot, floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms`),
  );
  if (!row) throw new Error('a moment has one row');
  return { snapshot: row.snapshot, atMs: row.now_ms };
}

/** Runs for which something is due, for whoever has been away for too long: all that are under way. */
export async function findOpenRuns(
  services: Pick<Services, 'db'>,
  orgId: OrgId,
  { limit, pipelineId }: { limit: number; pipelineId?: PipelineId | undefined },
): Promise<RunId[]> {
  const only = pipelineId === undefined ? sql`true` : sql`pipeline_id = ${toUuid(pipelineId)}::text::uuid`;
  const rows = await inTenant(services.db, orgId, (tx) =>
    tx.execute<{ id: string }>(sql`
      SELECT id::text FROM runs WHERE org_id = (SELECT current_org()) AND wake_at IS NOT NULL AND ${only} ORDER BY wake_at LIMIT ${limit}`),
  );
  return rows.map(({ id }) => fromUuid('run', id));
}
