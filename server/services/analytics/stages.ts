import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { TASK_SHAPE } from '#server/domain/analytics/ledger.ts';
import { fromUuid, type PipelineId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type Share, shareOf, type TaskFigures, taskFigures } from './figures.ts';
import { pickRange } from './overview.ts';
import { readRollups, type Sum } from './read-rollups.ts';
import { limitField, readScope, type Scope, scopeFields } from './scope.ts';

const stagesSchema = z.strictObject({ ...scopeFields, limit: limitField });

export interface StageFigures extends TaskFigures {
  pipelineId: PipelineId | null;
  pipelineName: string | null;
  stageKey: string;
  capability: string;
  /** Of the time for which runs waited, each along its longest chain of stages. */
  critical: Share;
  criticalMs: number;
  before: Pick<TaskFigures, 'tasks' | 'wait' | 'time'> & { critical: Share };
}

export interface StagesView extends Pick<Scope, 'range' | 'previous' | 'timeZone' | 'countedUntil'> {
  stages: StageFigures[];
  /** With those that are beyond the limit. */
  total: number;
}

type StageSum = Sum<typeof TASK_SHAPE, 'pipeline_id' | 'stage_key' | 'capability'>;

/** What runs wait for, those first that they wait for longest. */
export async function readStages(
  services: Services,
  actor: Actor,
  input: z.input<typeof stagesSchema>,
): Promise<StagesView> {
  authorise(actor, 'run.read');
  const { limit, ...wanted } = parseInput(stagesSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const scope = await readScope(tx, actor, { input: wanted, now: services.now() });
    const sums: StageSum[] = await readRollups(tx, {
      ...{ shape: TASK_SHAPE, where: scope.ofTasks, sealed: scope.sealed },
      stretches: [scope.previous, scope.range],
      by: ['pipeline_id', 'stage_key', 'capability'],
    });
    const now = sums.filter(({ place }) => place === 1);
    const before = new Map(sums.filter(({ place }) => place === 0).map((sum) => [keyOf(sum), sum]));
    const [allNow, allBefore] = [criticalOf(now), criticalOf([...before.values()])];
    const first = now
      .sort((a, b) => b.counts.critical_ms - a.counts.critical_ms || b.counts.tasks - a.counts.tasks)
      .slice(0, limit);
    const names = await namesOf(
      tx,
      first.flatMap(({ of }) => of.pipeline_id ?? []),
    );
    return {
      ...pickRange(scope),
      total: now.length,
      stages: first.map((sum) => ({
        ...placeOf(sum, names),
        ...taskFigures(sum),
        critical: shareOf(sum.counts.critical_ms, allNow),
        criticalMs: sum.counts.critical_ms,
        before: earlier(before.get(keyOf(sum)), allBefore),
      })),
    };
  });
}

const keyOf = ({ of }: StageSum): string => JSON.stringify(of);
const criticalOf = (sums: readonly StageSum[]): number =>
  sums.reduce((ms, { counts }) => ms + counts.critical_ms, 0);

function placeOf({ of }: StageSum, names: ReadonlyMap<string, string>) {
  return {
    pipelineId: of.pipeline_id === null ? null : fromUuid('pipe', of.pipeline_id),
    pipelineName: names.get(of.pipeline_id ?? '') ?? null,
    stageKey: of.stage_key ?? '',
    capability: of.capability ?? '',
  };
}

function earlier(sum: StageSum | undefined, all: number): StageFigures['before'] {
  if (!sum) {
    const none = { count: 0, p50: null, p95: null, p99: null };
    return { tasks: 0, wait: none, time: none, critical: shareOf(0, all) };
  }
  const { tasks, wait, time } = taskFigures(sum);
  return { tasks, wait, time, critical: shareOf(sum.counts.critical_ms, all) };
}

/** Names of pipelines by bare id. */
export async function namesOf(tx: TenantTransaction, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select({ id: pipelines.id, name: pipelines.name })
    .from(pipelines)
    .where(inArray(pipelines.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, name }) => [id.replaceAll('-', ''), name]));
}
