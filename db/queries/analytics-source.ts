import type { EndedAttempt, EndedRun, EndedTask } from '#server/domain/analytics/fold.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import type { RunStatus } from '#server/domain/statuses.ts';
import type { Sql } from '../client.ts';
import { partOf } from '../parts.ts';

export interface Slice {
  orgId: string;
  /** When it begins; milliseconds. */
  at: number;
}

/**
 * Slices in which more runs have ended than were counted, newest first. A run that has ended never changes, so there is
 * nothing else to look for; that retention has taken some since is no reason to count anew.
 */
export async function findUncounted(
  sql: Sql,
  { sinceMs, sliceMs }: { sinceMs: number | null; sliceMs: number },
): Promise<Slice[]> {
  return sql<Slice[]>`
    SELECT replace(o.id::text, '-', '') AS "orgId", extract(epoch FROM ended.at)::float8 * 1000 AS at
    FROM orgs o CROSS JOIN LATERAL (
      SELECT date_bin(make_interval(secs => ${sliceMs / 1000}::float8), r.finished_at, 'epoch') AS at, count(*) AS runs
      FROM runs r WHERE r.org_id = o.id AND r.finished_at IS NOT NULL
        AND r.finished_at >= coalesce(to_timestamp(${sinceMs}::float8 / 1000), '-infinity')
      GROUP BY 1) AS ended
    LEFT JOIN analytics_slices s ON s.org_id = o.id AND s.at = ended.at
    WHERE ended.runs > coalesce(s.runs, 0) ORDER BY ended.at DESC, o.id`;
}

export interface SourceRun extends Omit<EndedRun, 'tasks' | 'attempts'> {
  id: string;
  error: TaskError | null;
  /** Where the next page goes on. */
  place: string;
}

interface PageOfRuns extends Slice {
  until: number;
  after: Pick<SourceRun, 'id' | 'place'> | null;
  limit: number;
}

/** Runs of a tenant that ended from `at` on, in the order in which they did. */
export function readEnded(sql: Sql, { orgId, at, until, after, limit }: PageOfRuns): Promise<SourceRun[]> {
  return sql<(SourceRun & { status: RunStatus })[]>`
    SELECT replace(id::text, '-', '') AS id, replace(pipeline_id::text, '-', '') AS "pipelineId",
      replace(version_id::text, '-', '') AS "versionId", status, error_group AS "errorGroup", error,
      coalesce(array_to_json(labels), '[]') AS labels, finished_at::text AS place,
      extract(epoch FROM created_at)::float8 * 1000 AS "createdAt",
      extract(epoch FROM finished_at)::float8 * 1000 AS "finishedAt"
    FROM runs
    WHERE org_id = ${orgId}::text::uuid AND finished_at < to_timestamp(${until / 1000}::float8)
      AND finished_at >= to_timestamp(${at / 1000}::float8)
      AND (${after === null} OR (finished_at, id) > (${after?.place ?? '-infinity'}::text::timestamptz, ${after?.id ?? ''.padEnd(32, '0')}::text::uuid))
    ORDER BY finished_at, id LIMIT ${limit}`;
}

export interface Work {
  tasks: (EndedTask & { runId: string })[];
  attempts: (EndedAttempt & { runId: string })[];
}

/** What those runs consist of. The parts are named, so that only theirs are opened. */
export async function readWork(sql: Sql, runIds: readonly string[]): Promise<Work> {
  const work: Work = { tasks: [], attempts: [] };
  for (const [part, ids] of Map.groupBy(runIds, partOf)) {
    const list = [`{${ids.join(',')}}`];
    work.tasks.push(...(await sql.unsafe<Work['tasks']>(selectTasks(part), list)));
    work.attempts.push(...(await sql.unsafe<Work['attempts']>(selectAttempts(part), list)));
  }
  return work;
}

const ms = (column: string, name: string): string =>
  `extract(epoch FROM ${column})::float8 * 1000 AS "${name}"`;
const RUN_AND_AGENT = `replace(run_id::text, '-', '') AS "runId", idx AS index, replace(agent_id::text, '-', '') AS "agentId"`;

const selectTasks = (part: string): string => `
  SELECT ${RUN_AND_AGENT}, stage_key AS "stageKey", capability, status, epoch, ${ms('ready_at', 'readyAt')},
    ${ms('started_at', 'startedAt')}, ${ms('finished_at', 'finishedAt')}
  FROM tasks_${part} WHERE run_id = ANY ($1::text::uuid[])`;

const selectAttempts = (part: string): string => `
  SELECT ${RUN_AND_AGENT}, ended, ${ms('started_at', 'startedAt')}, ${ms('finished_at', 'finishedAt')}
  FROM attempts_${part} WHERE run_id = ANY ($1::text::uuid[])`;
