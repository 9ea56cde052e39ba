import { type SQL, sql } from 'drizzle-orm';
import { type RunId, toUuid } from '#server/domain/ids.ts';

/** A stage that a replay does not do again: by its key, and by its place in the run that it is taken from. */
export interface KeptStage {
  stageKey: string;
  index: number;
}

/**
 * The newest version of each file that counts: whatever stages wrote that are kept, whenever, and what came from outside
 * the run before the first of the others began. What the stages wrote that are done again is left behind.
 */
export function filesBefore({ from, kept }: { from: RunId; kept: readonly KeptStage[] }): SQL {
  const run = sql`${toUuid(from)}::text::uuid`;
  const keys = sql`(SELECT json_array_elements_text(${JSON.stringify(kept.map(({ stageKey }) => stageKey))}::text::json))`;
  const places = sql`(SELECT json_array_elements_text(${JSON.stringify(kept.map(({ index }) => index))}::text::json)::int)`;
  const begun = sql`(SELECT min(started_at) FROM (
    SELECT idx, started_at FROM tasks WHERE run_id = ${run}
    UNION ALL SELECT idx, started_at FROM attempts WHERE run_id = ${run}) AS tries WHERE idx NOT IN ${places})`;
  return sql`SELECT * FROM (
    SELECT DISTINCT ON (path) * FROM workspace_versions
    WHERE org_id = (SELECT current_org()) AND run_id = ${run}
      AND (stage_key IN ${keys} OR (stage_key IS NULL AND at < coalesce(${begun}, 'infinity')))
    ORDER BY path, version DESC) AS newest WHERE hash IS NOT NULL`;
}
