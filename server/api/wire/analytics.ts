import { z } from 'zod';
import type { Stretch } from '#server/domain/analytics/levels.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { AgentFigures } from '#server/services/analytics/agents.ts';
import { ERROR_STATUSES, type ErrorGroupView } from '#server/services/analytics/errors.ts';
import type { RunFigures, TaskFigures } from '#server/services/analytics/figures.ts';
import type { Figures, Overview, Point } from '#server/services/analytics/overview.ts';
import type { StageFigures } from '#server/services/analytics/stages.ts';
import { isoTime, isoTimeOrNull, time } from './values.ts';

const duration = z.number().nullable().describe('Milliseconds, at most 4 % off; null: nothing was counted.');
const spreadSchema = z
  .object({ count: z.int(), p50: duration, p95: duration, p99: duration })
  .meta({ id: 'Spread' });
const shareSchema = z
  .object({
    of: z.number().describe('What it is a share of.'),
    value: z.number().nullable().describe('0 to 1; null: of nothing.'),
  })
  .meta({ id: 'Share' });

const runFiguresSchema = z
  .object({
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    success: shareSchema.describe('Of those that succeeded or failed.'),
    duration: spreadSchema.describe('From its birth to its end, of those that succeeded.'),
  })
  .meta({ id: 'RunFigures' });

const taskFields = {
  tasks: z.int().describe('Tasks that were handed out.'),
  succeeded: z.int(),
  failed: z.int(),
  success: shareSchema,
  lost: z.int().describe('Hand-outs whose agent vanished.'),
  busy_ms: z.number(),
  wait: spreadSchema.describe("From a task's turn to the start of its last attempt."),
  time: spreadSchema.describe('From there to its success.'),
};
const retries = shareSchema.describe('Hand-outs beyond the first of each task.');
const taskFiguresSchema = z.object({ ...taskFields, retries }).meta({ id: 'TaskFigures' });

const figures = { runs: runFiguresSchema, tasks: taskFiguresSchema };
const stretch = { from: time, to: time };
const stretchSchema = z.object(stretch);
const pointSchema = z.object({ ...stretch, ...figures }).meta({ id: 'AnalyticsPoint' });

/** What was counted, as precisely as it was: links to lists are made of it. */
const counted = {
  range: stretchSchema.describe('What was asked for, widened to whole five minutes.'),
  previous: stretchSchema,
  time_zone: z.string(),
  counted_until: time.nullable().describe('All that had ended by then is counted; null: nothing yet.'),
};

type Counted = Pick<Overview, 'range' | 'previous' | 'timeZone' | 'countedUntil'>;

const presentStretch = ({ from, to }: Stretch) => ({
  from: isoTime(new Date(from)),
  to: isoTime(new Date(to)),
});
const presentCounted = ({ range, previous, timeZone, countedUntil }: Counted) => ({
  range: presentStretch(range),
  previous: presentStretch(previous),
  time_zone: timeZone,
  counted_until: countedUntil === null ? null : isoTime(new Date(countedUntil)),
});

const presentRuns = (runs: RunFigures): z.input<typeof runFiguresSchema> => runs;
const presentTasks = ({ busyMs, ...tasks }: TaskFigures): z.input<typeof taskFiguresSchema> => ({
  ...tasks,
  busy_ms: busyMs,
});
export const figuresSchema = z.object(figures);
export const presentFigures = ({ runs, tasks }: Figures) => ({
  runs: presentRuns(runs),
  tasks: presentTasks(tasks),
});
export const presentPoint = (point: Point): z.input<typeof pointSchema> => ({
  ...presentStretch(point),
  ...presentFigures(point),
});
export { pointSchema };

export const overviewSchema = z.object({
  ...counted,
  ...figures,
  before: z.object(figures).describe('In the stretch of the same length just before.'),
  bucket_ms: z.number().nullable().describe('Of a whole piece of the series; null: there is but one.'),
  series: z.array(pointSchema),
});

export const presentOverview = (view: Overview): z.input<typeof overviewSchema> => ({
  ...presentCounted(view),
  ...presentFigures(view),
  before: presentFigures(view.before),
  bucket_ms: view.bucketMs,
  series: view.series.map(presentPoint),
});

const earlier = { tasks: z.int(), wait: spreadSchema, time: spreadSchema };
const critical = shareSchema.describe(
  'Of the time for which runs waited along their longest chains of stages.',
);
const stageSchema = z
  .object({
    ...{ pipeline_id: idSchema('pipe').nullable(), pipeline_name: z.string().nullable() },
    ...{ stage: z.string(), type: z.string() },
    ...{ ...taskFields, retries, critical, critical_ms: z.number() },
    before: z.object({ ...earlier, critical }),
  })
  .meta({ id: 'StageFigures' });
const total = z.int().describe('How many there are; of them `limit` are told, and the export has all.');

export const stagesSchema = z.object({ ...counted, stages: z.array(stageSchema), total });

export const presentStages = (
  view: Counted & { stages: StageFigures[]; total: number },
): z.input<typeof stagesSchema> => ({
  ...presentCounted(view),
  total: view.total,
  stages: view.stages.map(
    ({ pipelineId, pipelineName, stageKey, capability, busyMs, criticalMs, ...rest }) => ({
      ...{ pipeline_id: pipelineId, pipeline_name: pipelineName, stage: stageKey, type: capability },
      ...{ ...rest, busy_ms: busyMs, critical_ms: criticalMs },
    }),
  ),
});

const agentFiguresSchema = z
  .object({
    ...{ agent_id: idSchema('agent'), name: z.string().nullable(), instance: z.string().nullable() },
    ...taskFields,
    attempts: z.int().describe('Hand-outs that it did not give back.'),
    failed_attempts: z.int(),
    success: shareSchema.describe('Of its hand-outs.'),
    before: z.object({ ...earlier, success: shareSchema }),
  })
  .meta({ id: 'AgentFigures' });
export const agentsSchema = z.object({ ...counted, agents: z.array(agentFiguresSchema) });

export const presentAgents = (view: Counted & { agents: AgentFigures[] }): z.input<typeof agentsSchema> => ({
  ...presentCounted(view),
  agents: view.agents.map(({ agentId, busyMs, failedAttempts, before, ...rest }) => ({
    ...{ ...rest, agent_id: agentId, busy_ms: busyMs, failed_attempts: failedAttempts },
    before: pickEarlier(before),
  })),
});

const pickEarlier = ({ tasks, wait, time: taken, success }: AgentFigures['before']) => ({
  ...{ tasks, wait, time: taken, success },
});

export const errorGroupSchema = z
  .object({
    id: z.string().describe('The `error_group` of its runs.'),
    ...{ class: z.string(), code: z.string(), message: z.string().describe('Of the newest one.') },
    type: z.string().nullable().describe('Of the stage that failed; null: none did.'),
    status: z.enum(ERROR_STATUSES),
    is_back: z.boolean().describe('It was resolved and has come up again: it is open.'),
    ...{ decided_at: time.nullable(), decided_by: z.string().nullable(), note: z.string() },
    ...{ first_seen: time, last_seen: time },
    runs: z.int(),
    runs_before: z.int(),
    trend: z.array(z.object({ ...stretch, runs: z.int() })),
    places: z.array(
      z.object({
        ...{ pipeline_id: idSchema('pipe').nullable(), pipeline_name: z.string().nullable() },
        ...{ version_id: idSchema('ver'), version: z.int().nullable(), runs: z.int() },
      }),
    ),
  })
  .meta({ id: 'ErrorGroup' });
export const errorsSchema = z.object({ ...counted, groups: z.array(errorGroupSchema), total });
export const errorSchema = z.object({ ...counted, group: errorGroupSchema });

export function presentErrorGroup(group: ErrorGroupView): z.input<typeof errorGroupSchema> {
  return {
    ...{ id: group.id, class: group.class, code: group.code, message: group.message },
    ...{ type: group.capability, status: group.status, is_back: group.isBack, note: group.note },
    ...{ decided_at: isoTimeOrNull(group.decidedAt), decided_by: group.decidedBy },
    ...{ first_seen: isoTime(group.firstSeen), last_seen: isoTime(group.lastSeen) },
    ...{ runs: group.runs, runs_before: group.runsBefore },
    trend: group.trend.map(({ runs, ...rest }) => ({ ...presentStretch(rest), runs })),
    places: group.places.map(({ pipelineId, pipelineName, versionId, version, runs }) => ({
      ...{ pipeline_id: pipelineId, pipeline_name: pipelineName, version_id: versionId, version, runs },
    })),
  };
}

export const presentErrors = (
  view: Counted & { groups: ErrorGroupView[]; total: number },
): z.input<typeof errorsSchema> => ({
  ...presentCounted(view),
  total: view.total,
  groups: view.groups.map(presentErrorGroup),
});

export const presentError = (view: Counted & { group: ErrorGroupView }): z.input<typeof errorSchema> => ({
  ...presentCounted(view),
  group: presentErrorGroup(view.group),
});
