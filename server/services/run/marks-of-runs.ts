import { inArray } from 'drizzle-orm';
import { runs } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import type { Marks } from '#server/domain/graph/marks.ts';
import { fromUuid, type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import { type Actor, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { marksOf, pipelineIdOf } from './run-view.ts';

export interface MarkedRun {
  marks: Marks;
  pipelineId: PipelineId | null;
}

/** What is sensitive in these runs of the tenant; one that is not there is left out. */
export async function marksOfRuns(
  tx: TenantTransaction,
  services: Pick<Services, 'graphOf'>,
  ids: readonly RunId[],
): Promise<Map<RunId, MarkedRun>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select({ id: runs.id, versionId: runs.versionId, pipelineId: runs.pipelineId })
    .from(runs)
    .where(inArray(runs.id, [...new Set(ids)].map(toUuid)));
  const found = rows.map(
    async (row): Promise<[RunId, MarkedRun]> => [
      fromUuid('run', row.id),
      { marks: await marksOf(services, row), pipelineId: pipelineIdOf(row) },
    ],
  );
  return new Map(await Promise.all(found));
}

/** Whether what a task works on must be kept from this actor. What a run was that is not there any more nobody can say. */
export function isKeptFrom(actor: Actor, run: MarkedRun | undefined, index: number | null): boolean {
  if (!run) return !may(actor, 'run.sensitive');
  if (!run.marks.isAny) return false;
  const isMarked = index === null || run.marks.stages[index]?.isQuiet !== false;
  return isMarked && !may(actor, 'run.sensitive', { pipelineId: run.pipelineId });
}
