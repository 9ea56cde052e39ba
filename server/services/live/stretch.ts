import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type OrgId, type PipelineId, type RunId } from '#server/domain/ids.ts';
import type { Services } from '../context.ts';
import { type Moment, oldestOf, xidsOf } from './moment.ts';

/** Everything that one moment of the database could not see and a later one could: what is in it never changes. */
export interface Stretch {
  since: Moment;
  until: Moment;
}

/** How far somebody has come along a stretch: up to this run of this transaction. */
export interface Place {
  xid: string;
  /** 32 hexadecimal digits. */
  run: string;
}

/** A run that moved in the stretch. */
export interface StretchRun {
  runId: RunId;
  /** Where the first that it has there is: whoever has been told this run and all before it goes on from here. */
  place: Place;
  pipelineId: PipelineId | null;
  /** The last number before its first one in the stretch. */
  after: number;
}

export interface StretchPage {
  runs: StretchRun[];
  /** Where the next page begins; null: that was the last one. */
  next: Place | null;
}

interface Row extends Record<string, unknown> {
  count: number;
  last: [xid: string, run: string] | null;
  runs: { id: string; pipeline: string | null; first: number; xid: string }[] | null;
}

/** Most are of runs that came before: their first was in an earlier page. */
const COMMITS_A_PAGE = 2000;
/** Transactions of one page: most of them may be of other organisations, and are gone through all the same. */
const XIDS_A_PAGE = 10_000n;
const NO_RUN = '0'.repeat(32);

/**
 * A planner that takes the rest of the stretch for short reads all of it and sorts, at each page. In the order of the
 * index it reads a page, and sorts within a transaction only.
 */
const IN_ORDER_OF_INDEX = sql`
  SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`;

export function startOf({ since }: Stretch): Place {
  return { xid: xidsOf(since).oldest.toString(), run: NO_RUN };
}

/**
 * The runs that moved in a stretch, a page at a time, in the order of the transactions that wrote the first that each
 * has there: so each comes once, however often it moved. The index on `xid` leads from page to page, and whether a
 * commit is its run's first is asked by primary key. A run's commits become visible in the order of their numbers, so
 * those of a stretch follow one another without a gap.
 */
export async function readStretch(
  services: Pick<Services, 'db'>,
  orgId: OrgId,
  { stretch, from, commits = COMMITS_A_PAGE }: { stretch: Stretch; from: Place; commits?: number },
): Promise<StretchPage> {
  const end = xidsOf(stretch.until).next;
  const stop = BigInt(from.xid) + XIDS_A_PAGE < end ? BigInt(from.xid) + XIDS_A_PAGE : end;
  const [row] = await inTenant(services.db, orgId, async (tx) => {
    await tx.execute(IN_ORDER_OF_INDEX);
    return tx.execute<Row>(pageOf(stretch, { from, stop: stop.toString(), commits }));
  });
  if (!row) throw new Error('a page of a stretch has one row');
  const isFull = row.count === commits && row.last !== null;
  const last = row.last && placeOf(...row.last);
  const beyond = stop < end ? { xid: stop.toString(), run: NO_RUN } : null;
  return { runs: (row.runs ?? []).map(toRun), next: isFull ? last : beyond };
}

function pageOf(
  { since, until }: Stretch,
  { from, stop, commits }: { from: Place; stop: string; commits: number },
) {
  const before = sql`${since.snapshot}::text::pg_snapshot`;
  const oldest = sql`to_timestamp(${oldestOf(since)}::float8 / 1000)`;
  // Another server's numbers, from before a restore, are nobody's news: such a commit counts as seen.
  return sql`
    WITH news AS MATERIALIZED (
      SELECT run_id, seq_from, xid FROM run_events
      WHERE org_id = (SELECT current_org()) AND xid >= ${from.xid}::text::bigint AND xid < ${stop}::text::bigint
        AND (xid > ${from.xid}::text::bigint OR run_id > ${from.run}::text::uuid)
        AND NOT pg_visible_in_snapshot(xid::text::xid8, ${before})
        AND pg_visible_in_snapshot(xid::text::xid8, ${until.snapshot}::text::pg_snapshot)
        AND at > ${oldest}
      ORDER BY xid, run_id, seq_from LIMIT ${commits}),
    moved AS (
      SELECT r.id, r.pipeline_id AS pipeline, e.seq_from AS first, e.xid::text AS xid
      FROM news e JOIN runs r ON r.id = e.run_id AND r.org_id = (SELECT current_org())
      WHERE coalesce((
        SELECT pg_visible_in_snapshot(p.xid::text::xid8, ${before}) OR p.at <= ${oldest} FROM run_events p
        WHERE p.run_id = e.run_id AND p.org_id = (SELECT current_org()) AND p.seq_from < e.seq_from
        ORDER BY p.seq_from DESC LIMIT 1), true)
      ORDER BY e.xid, e.run_id)
    SELECT (SELECT count(*)::int FROM news) AS count,
      (SELECT json_build_array(xid::text, run_id) FROM news ORDER BY xid DESC, run_id DESC LIMIT 1) AS last,
      (SELECT json_agg(moved) FROM moved) AS runs`;
}

const placeOf = (xid: string, id: string): Place => ({ xid, run: id.replaceAll('-', '') });

function toRun({ id, pipeline, first, xid }: NonNullable<Row['runs']>[number]): StretchRun {
  return {
    runId: fromUuid('run', id),
    place: placeOf(xid, id),
    pipelineId: pipeline === null ? null : fromUuid('pipe', pipeline),
    after: first - 1,
  };
}
