import { type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import type { TestDatabase } from './database.ts';

export interface LongHistory {
  /** Whose version and organisation the runs have. */
  template: RunId;
  runs: number;
  commits: number;
  pipelineId?: PipelineId;
}

/** Runs that one transaction writes to, as the engine commits batches. */
const RUNS_A_BATCH = 500;

/**
 * Runs with so many commits of one event each, written as they would have been by an engine that went on for hours:
 * in turns, many runs a transaction. Much faster than one, and as good for whoever reads them.
 */
export async function writeHistory(
  { sql }: Pick<TestDatabase, 'sql'>,
  history: LongHistory,
): Promise<RunId[]> {
  const newUuid = createUuidSource(Date.now);
  const ids = Array.from({ length: history.runs }, () => newUuid());
  const pipeline = history.pipelineId === undefined ? null : toUuid(history.pipelineId);
  await sql`
    INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, input, parameters, metadata, trigger,
      tasks_total, tasks_left, created_at, updated_at, finished_at)
    SELECT given.id::uuid, r.org_id, ${pipeline}::text::uuid, r.version_id, r.status, ${history.commits}::int, r.revision, r.input,
      r.parameters, r.metadata, r.trigger, r.tasks_total, r.tasks_left, now(), now(), now()
    FROM runs r, json_array_elements_text(${JSON.stringify(ids)}::text::json) AS given (id)
    WHERE r.id = ${toUuid(history.template)}::text::uuid`;
  for (let seq = 1; seq <= history.commits; seq += 1) {
    for (let at = 0; at < ids.length; at += RUNS_A_BATCH) {
      const batch = JSON.stringify(ids.slice(at, at + RUNS_A_BATCH));
      await sql`
        INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
        SELECT given.id::uuid, ${seq}::int, ${seq}::int, r.org_id, now(), '[{"type":"task.progressed","task":0,"progress":0.5}]'
        FROM runs r, json_array_elements_text(${batch}::text::json) AS given (id)
        WHERE r.id = ${toUuid(history.template)}::text::uuid`;
    }
  }
  return ids.map((id) => `run_${id}` as RunId);
}
