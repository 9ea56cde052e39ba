import { z } from 'zod';
import { idSchema, taskIdSchema } from '#server/domain/ids.ts';
import { isRunOver, RUN_STATUSES, TASK_STATUSES } from '#server/domain/statuses.ts';
import type { RunSummary, RunView, TaskView } from '#server/services/run/run-view.ts';
import { anyJson, isoTime, isoTimeOrNull, time } from '../wire/values.ts';
import { createShortener } from './shorten.ts';

/** Runs and tasks as models read them: the same words as in REST, and fewer of them. */

const errorSchema = z.object({ class: z.string(), code: z.string(), message: z.string() }).nullable();

const summaryFields = {
  run_id: idSchema('run'),
  pipeline_id: idSchema('pipe').nullable().describe('Null for a task on its own.'),
  status: z.enum(RUN_STATUSES),
  is_over: z.boolean().describe('It has ended, and nothing of this changes any more.'),
  progress: z.number().describe('0 to 1.'),
  error: errorSchema,
  created_at: time,
  finished_at: time.nullable(),
};

export const runItemSchema = z.object(summaryFields);

const stageFields = {
  task_id: taskIdSchema,
  key: z.string().describe('Of the stage in the pipeline; run_replay can begin with it.'),
  type: z.string().describe('The capability that it asks for.'),
  state: z.enum(TASK_STATUSES),
  attempt: z.int(),
  progress: z.number(),
  agent_id: idSchema('agent').nullable(),
  waiting: z.string().nullable().describe('Why it does not run.'),
  error: errorSchema,
  output: anyJson.describe('Long ones are shown by how they begin, as {"$shortened": true, …}.'),
};

export const runStatusSchema = z.object({ ...summaryFields, stages: z.array(z.object(stageFields)) });
export const taskStatusSchema = z.object({
  ...{ run_id: summaryFields.run_id, run_status: summaryFields.status, ...stageFields },
  started_at: time.nullable(),
  finished_at: time.nullable(),
});

const MAX_MESSAGE = 2000;

function presentError(error: TaskView['error']): z.input<typeof errorSchema> {
  if (!error) return null;
  return { class: error.class, code: error.code, message: error.message.slice(0, MAX_MESSAGE) };
}

export function presentRunItem(run: RunSummary): z.input<typeof runItemSchema> {
  return {
    run_id: run.id,
    pipeline_id: run.pipelineId,
    status: run.status,
    is_over: isRunOver(run.status),
    progress: run.progress,
    error: presentError(run.error),
    created_at: isoTime(run.createdAt),
    finished_at: isoTimeOrNull(run.finishedAt),
  };
}

function presentStage(task: TaskView, shorten: ReturnType<typeof createShortener>) {
  return {
    task_id: task.id,
    key: task.stageKey,
    type: task.capability,
    state: task.status,
    attempt: task.attempt,
    progress: task.progress,
    agent_id: task.agentId,
    waiting: task.waiting?.sentence ?? null,
    error: presentError(task.error),
    output: shorten(task.output),
  };
}

export function presentRunStatus(run: RunView): z.input<typeof runStatusSchema> {
  const shorten = createShortener(run.tasks.length);
  return { ...presentRunItem(run), stages: run.tasks.map((task) => presentStage(task, shorten)) };
}

export function presentTaskStatus(task: TaskView & { run: RunView }): z.input<typeof taskStatusSchema> {
  return {
    run_id: task.run.id,
    run_status: task.run.status,
    ...presentStage(task, createShortener(1)),
    started_at: isoTimeOrNull(task.startedAt),
    finished_at: isoTimeOrNull(task.finishedAt),
  };
}
