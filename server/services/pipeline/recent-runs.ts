import { inArray, type SQL, sql } from 'drizzle-orm';
import { runs } from '#db/schema/index.ts';
import { findIds, inTenant } from '#db/tenant.ts';
import { fromUuid, type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import { RUN_STATUSES, type RunStatus } from '#server/domain/statuses.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

export const MAX_RECENT = 20;

export interface RecentRun {
  id: RunId;
  status: RunStatus;
  createdAt: Date;
  finishedAt: Date | null;
}

/** The last runs of each of these pipelines, newest first. Pipelines without runs are left out. */
export async function readRecentRuns(
  services: Pick<Services, 'db'>,
  { orgId }: Pick<Actor, 'orgId'>,
  { ids, limit }: { ids: readonly PipelineId[]; limit: number },
): Promise<Map<PipelineId, RecentRun[]>> {
  const recent = new Map<PipelineId, RecentRun[]>();
  if (ids.length === 0) return recent;
  const found = await findIds(services.db, (tx) =>
    tx.execute<{ id: string }>(
      selectRecentIds({ orgUuid: toUuid(orgId), pipelineUuids: ids.map(toUuid), limit }),
    ),
  );
  if (found.length === 0) return recent;
  const { id, pipelineId, status, createdAt, finishedAt } = runs;
  const wanted = [...found].map((row) => row.id);
  const rows = await inTenant(services.db, orgId, (tx) =>
    tx.select({ id, pipelineId, status, createdAt, finishedAt }).from(runs).where(inArray(id, wanted)),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const runUuid of wanted) {
    const row = byId.get(runUuid);
    if (!row?.pipelineId) continue;
    const pipeline = fromUuid('pipe', row.pipelineId);
    const { pipelineId: _, ...run } = row;
    const list = recent.get(pipeline) ?? [];
    recent.set(pipeline, list);
    list.push({ ...run, id: fromUuid('run', row.id) });
  }
  return recent;
}

const arrayOf = (words: readonly string[]): string => `{${words.join(',')}}`;

/**
 * All pipelines of a page in one statement: of each a short range of the index of lists (migration 0050) for each
 * status, and of these together the newest. So it reads as much however many runs there are.
 */
export function selectRecentIds({
  orgUuid,
  pipelineUuids,
  limit,
}: {
  orgUuid: string;
  pipelineUuids: readonly string[];
  limit: number;
}): SQL {
  return sql`SELECT page.id FROM unnest(${arrayOf(pipelineUuids)}::text::uuid[]) AS p (id)
    CROSS JOIN LATERAL (SELECT one.id FROM unnest(${arrayOf(RUN_STATUSES)}::text::run_status[]) AS s (status)
      CROSS JOIN LATERAL (SELECT r.id FROM runs r WHERE r.org_id = ${orgUuid}::text::uuid
        AND r.pipeline_id = p.id AND r.status = s.status ORDER BY uuid_send(r.id) DESC LIMIT ${limit}) AS one
      ORDER BY one.id DESC LIMIT ${limit}) AS page`;
}
