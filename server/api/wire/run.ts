import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import type { EventPage } from '#server/services/run/events.ts';
import type { RunSummary, RunView } from '#server/services/run/run-view.ts';
import { presentStageOfRun, stageOfRunSchema, taskErrorSchema } from './task.ts';
import { anyJson, anyObject, isoTime, isoTimeOrNull, time } from './values.ts';

const summaryFields = {
  id: idSchema('run'),
  run_id: idSchema('run'),
  pipeline_id: idSchema('pipe').nullable().describe('Null for a task on its own.'),
  version_id: idSchema('ver'),
  status: z.enum(RUN_STATUSES),
  seq: z.int().describe('Number of its last event.'),
  progress: z.number().describe('0 to 1.'),
  tasks_total: z.int(),
  tasks_left: z.int(),
  trigger: z.string(),
  error: taskErrorSchema.nullable(),
  error_group: z.string().nullable().describe('Equal for failures of one kind.'),
  replay_of: idSchema('run').nullable(),
  replay_from: z.string().nullable().describe('The stage that the replay began with; empty: all of it.'),
  created_at: time,
  finished_at: time.nullable(),
  updated_at: time,
};

export const runSummarySchema = z.object(summaryFields).meta({ id: 'RunSummary' });

export const runSchema = z
  .object({
    ...summaryFields,
    input: anyJson,
    parameters: anyObject,
    metadata: anyObject,
    deadline_at: time.nullable(),
    stages: z.array(stageOfRunSchema),
  })
  .meta({ id: 'Run' });

export function presentSummary(run: RunSummary): z.input<typeof runSummarySchema> {
  return {
    id: run.id,
    run_id: run.id,
    pipeline_id: run.pipelineId,
    version_id: run.versionId,
    status: run.status,
    seq: run.seq,
    progress: run.progress,
    tasks_total: run.tasksTotal,
    tasks_left: run.tasksLeft,
    trigger: run.trigger,
    error: run.error,
    error_group: run.errorGroup,
    replay_of: run.replayOf,
    replay_from: run.replayFrom,
    created_at: isoTime(run.createdAt),
    finished_at: isoTimeOrNull(run.finishedAt),
    updated_at: isoTime(run.updatedAt),
  };
}

export function presentRun(run: RunView): z.input<typeof runSchema> {
  return {
    ...presentSummary(run),
    input: run.input,
    parameters: run.parameters,
    metadata: run.metadata,
    deadline_at: isoTimeOrNull(run.deadlineAt),
    stages: run.tasks.map(presentStageOfRun),
  };
}

export const eventPageSchema = z
  .object({
    status: z.enum(RUN_STATUSES),
    last_seq: z.int().describe("The run's last number, which may be beyond this page."),
    events: z.array(
      z.object({
        seq: z.int(),
        at: time,
        event: anyObject.describe('What happened: its `type`, and what belongs to it.'),
      }),
    ),
  })
  .meta({ id: 'EventPage' });

export function presentEvents({ status, lastSeq, events }: EventPage): z.input<typeof eventPageSchema> {
  return {
    status,
    last_seq: lastSeq,
    events: events.map(({ seq, at, event }) => ({ seq, at: isoTime(at), event: { ...event } as never })),
  };
}
