import { z } from 'zod';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { bucketsOf } from '#server/domain/analytics/buckets.ts';
import { RUN_SHAPE, RUN_TOTALS, TASK_SHAPE, TASK_TOTALS } from '#server/domain/analytics/ledger.ts';
import type { Stretch } from '#server/domain/analytics/levels.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type RunFigures, runFigures, type TaskFigures, taskFigures } from './figures.ts';
import { readRollups, readTotals, type Sum, total } from './read-rollups.ts';
import { readScope, type Scope, scopeFields } from './scope.ts';

export const MAX_BUCKETS = 500;

export const bucketsField = z.int().min(1).max(MAX_BUCKETS).default(100);
const overviewSchema = z.strictObject({ ...scopeFields, buckets: bucketsField });

export interface Figures {
  runs: RunFigures;
  tasks: TaskFigures;
}

export interface Point extends Stretch, Figures {}

export interface Overview extends Pick<Scope, 'range' | 'previous' | 'timeZone' | 'countedUntil'>, Figures {
  before: Figures;
  /** Of a whole piece of the series; null: there is but one. */
  bucketMs: number | null;
  series: Point[];
}

/** How runs and their tasks went within a stretch of time, piece by piece, all together, and just before. */
export async function readOverview(
  services: Services,
  actor: Actor,
  input: z.input<typeof overviewSchema>,
): Promise<Overview> {
  authorise(actor, 'run.read');
  const { buckets, ...wanted } = parseInput(overviewSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const scope = await readScope(tx, actor, { input: wanted, now: services.now() });
    const { widthMs, stretches } = bucketsOf(scope.range, scope.timeZone, buckets);
    const [runs, tasks] = await readSums(tx, scope, [scope.previous, ...stretches]);
    const figuresOf = (isOf: (place: number) => boolean): Figures => ({
      runs: runFigures(
        total(
          RUN_SHAPE,
          runs.filter(({ place }) => isOf(place)),
        ),
      ),
      tasks: taskFigures(
        total(
          TASK_SHAPE,
          tasks.filter(({ place }) => isOf(place)),
        ),
      ),
    });
    const runsAt = byPlace(runs);
    const tasksAt = byPlace(tasks);
    return {
      ...pickRange(scope),
      ...figuresOf((place) => place > 0),
      before: figuresOf((place) => place === 0),
      bucketMs: widthMs,
      series: stretches.map((stretch, index) => ({
        ...stretch,
        runs: runFigures(total(RUN_SHAPE, runsAt.get(index + 1) ?? [])),
        tasks: taskFigures(total(TASK_SHAPE, tasksAt.get(index + 1) ?? [])),
      })),
    };
  });
}

function readSums(
  tx: TenantTransaction,
  { sealed, isEverything, ofRuns, ofTasks }: Scope,
  stretches: readonly Stretch[],
): Promise<[Sum<typeof RUN_SHAPE, never>[], Sum<typeof TASK_SHAPE, never>[]]> {
  const common = { sealed, stretches };
  if (isEverything) {
    return Promise.all([
      readTotals(tx, { ...common, shape: RUN_TOTALS }),
      readTotals(tx, { ...common, shape: TASK_TOTALS }),
    ]);
  }
  return Promise.all([
    readRollups(tx, { ...common, shape: RUN_SHAPE, where: ofRuns, by: [] }),
    readRollups(tx, { ...common, shape: TASK_SHAPE, where: ofTasks, by: [] }),
  ]);
}

export const byPlace = <Of extends Sum<never, never> | { place: number }>(
  sums: readonly Of[],
): Map<number, Of[]> => Map.groupBy(sums, ({ place }) => place);

export const pickRange = ({ range, previous, timeZone, countedUntil }: Scope) => ({
  ...{ range, previous, timeZone, countedUntil },
});
