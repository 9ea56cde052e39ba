import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import type { RunEvent } from '#server/domain/engine/events.ts';
import type { Marks } from '#server/domain/graph/marks.ts';
import { fromUuid, type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { LiveEvent, RunNews } from '#server/domain/live.ts';
import { figuresOf, type RunProgress, type TaskProgress } from '#server/domain/run-progress.ts';
import { isRunOver, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import type { Services } from '../context.ts';
import { marksOf } from '../run/run-view.ts';
import { type Shown, showEvent } from '../run/shown.ts';

/** From where to read a run on. */
export type ReadFrom =
  /** After this number; with `until` no further than that snapshot of the database could see. */
  | { after: number; until?: string | undefined }
  /** What was not committed yet when this snapshot of the database was taken. */
  | { since: string; until?: string | undefined }
  /** No events: only how it stands. */
  | 'now';

export interface ReadRequest {
  runId: RunId;
  from: ReadFrom;
  /** How far its tasks are, as known to the caller; null asks the database. */
  known: RunProgress | null;
}

export interface RunReading {
  runId: RunId;
  /** The run's last number at that moment; beyond the events that were read when there are more than a page. */
  lastSeq: number;
  /** The last number that the caller has when it has taken these events. */
  position: number;
  /** More events are there than fit into one reading. */
  isCut: boolean;
  pipelineId: RunNews['pipelineId'];
  status: RunStatus;
  progress: RunProgress;
  events: (LiveEvent & Shown)[];
}

/** Rows of events a run and reading; a row is one commit's. */
const ROWS_A_RUN = 200;

interface Row extends Record<string, unknown> {
  id: string;
  version: string;
  pipeline: string | null;
  status: RunStatus;
  seq: number;
  total: number;
  commits: [seqFrom: number, atMs: number, entries: RunEvent[]][] | null;
  places: [place: number, status: TaskStatus, progress: number, skip: string | null][] | null;
}

/**
 * New events of many runs, and how these stand, in one statement and so at one moment. Runs that are not there, or not
 * this tenant's, are left out.
 */
export async function readNews(
  services: Pick<Services, 'db' | 'graphOf'>,
  orgId: OrgId,
  requests: readonly ReadRequest[],
): Promise<RunReading[]> {
  const wanted = JSON.stringify(requests.map(toWanted));
  const rows = await inTenant(services.db, orgId, (tx) =>
    tx.execute<Row>(sql`
      SELECT r.id::text AS id, r.version_id::text AS version, r.pipeline_id::text AS pipeline, r.status, r.seq, r.tasks_total AS total,
        e.commits, t.places
      FROM json_to_recordset(${wanted}::text::json) AS w (id uuid, after int, since text, until text, tasks boolean)
      JOIN runs r ON r.id = w.id AND r.org_id = (SELECT current_org())
      LEFT JOIN LATERAL (
        SELECT json_agg(json_build_array(x.seq_from, floor(extract(epoch FROM x.at) * 1000), x.entries) ORDER BY x.seq_from)
          AS commits
        FROM (
          SELECT seq_from, at, entries FROM run_events
          WHERE run_id = w.id AND org_id = (SELECT current_org()) AND seq_to > w.after
            AND (w.since IS NULL OR NOT pg_visible_in_snapshot(xid::text::xid8, w.since::pg_snapshot))
            AND (w.until IS NULL OR pg_visible_in_snapshot(xid::text::xid8, w.until::pg_snapshot))
          ORDER BY seq_from LIMIT ${ROWS_A_RUN}) x
      ) e ON w.after < r.seq
      LEFT JOIN LATERAL (
        SELECT json_agg(json_build_array(idx, status, progress, skip)) AS places FROM tasks WHERE run_id = w.id AND org_id = (SELECT current_org())
      ) t ON w.tasks`),
  );
  const byId = new Map(requests.map((request) => [toUuid(request.runId), request]));
  const readings = [...rows].map(async (row) => {
    const request = byId.get(row.id.replaceAll('-', ''));
    return request ? [toReading(request, row, await marksOf(services, { versionId: row.version }))] : [];
  });
  return (await Promise.all(readings)).flat();
}

const NEVER = 2_147_483_647;

function toWanted({ runId, from, known }: ReadRequest) {
  const id = toUuid(runId);
  const tasks = known === null;
  if (from === 'now') return { id, after: NEVER, tasks };
  return { id, after: 0, ...from, tasks };
}

function toReading({ runId, from, known }: ReadRequest, row: Row, marks: Marks): RunReading {
  const after = typeof from === 'object' && 'after' in from ? from.after : 0;
  const events = (row.commits ?? [])
    .flatMap(([seqFrom, at, entries]) =>
      entries.map((event, place) => showEvent({ seq: seqFrom + place, at, event }, marks)),
    )
    .filter(({ seq }) => seq > after);
  const isCut = (row.commits?.length ?? 0) >= ROWS_A_RUN;
  // Up to a moment: what the run has beyond its last event there is not known here.
  const isBounded = from !== 'now' && from.until !== undefined;
  const reached = events.at(-1)?.seq ?? (isBounded ? after : row.seq);
  return {
    runId,
    lastSeq: row.seq,
    position: isCut || isBounded ? reached : row.seq,
    isCut,
    pipelineId: row.pipeline === null ? null : fromUuid('pipe', row.pipeline),
    status: row.status,
    progress: known ?? { seq: row.seq, total: row.total, tasks: new Map((row.places ?? []).map(toTask)) },
    events,
  };
}

function toTask([place, status, progress, skip]: NonNullable<Row['places']>[number]): [number, TaskProgress] {
  return [place, { status, progress, skip }];
}

/** What is told of it, once `progress` has taken its events in. */
export function toNews(reading: RunReading): RunNews {
  const { runId, pipelineId, status, progress, events, position, lastSeq } = reading;
  return {
    runId,
    pipelineId,
    status,
    isOver: isRunOver(status) && position >= lastSeq,
    seq: progress.seq,
    progress: figuresOf(progress),
    events,
  };
}
