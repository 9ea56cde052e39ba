import { z } from 'zod';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import { idSchema, type RunId, taskId, taskIdSchema } from '#server/domain/ids.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import type { Said } from '#server/domain/said.ts';
import { TASK_STATUSES, WAIT_CODES } from '#server/domain/statuses.ts';
import { TASK_WORDS, taskWord } from '#server/domain/task-words.ts';
import type { Waiting } from '#server/domain/waiting.ts';
import type { AttemptView } from '#server/services/run/attempts.ts';
import type { HandOutView } from '#server/services/run/hand-outs.ts';
import type { LateAnswerView } from '#server/services/run/late-answers.ts';
import type { RunLogLine } from '#server/services/run/logs.ts';
import type { Revealed, RevealedTask } from '#server/services/run/reveal.ts';
import type { TaskView } from '#server/services/run/run-view.ts';
import type { Shown, Unshown } from '#server/services/run/shown.ts';
import type { LogLine, TaskDetail } from '#server/services/task/get.ts';
import type { TaskListItem } from '#server/services/task/list.ts';
import { anyJson, anyObject, isoTime, isoTimeOrNull, nextCursor, time } from './values.ts';

export const taskErrorSchema = z
  .object({
    class: z.enum(ERROR_CLASSES),
    code: z.string(),
    message: z.string(),
    details: anyObject.optional(),
  })
  .meta({ id: 'TaskError' });

export const waitingSchema = z
  .object({
    code: z.enum(WAIT_CODES),
    sentence: z.string(),
    blockers: z.array(z.string()).describe('Names and keys of what blocks it.'),
    blocker_ids: z
      .array(z.string())
      .describe(
        'Ids by which it can be looked up: tasks, agents, the run, an approval, a question; keys and queues by name.',
      ),
    since: time.nullable().describe('When this reason began.'),
    way_out: z.string(),
  })
  .meta({ id: 'Waiting', description: 'Why it does not run, for people.' });

const taskFields = {
  task_id: taskIdSchema,
  stage: z.int().describe('Its place in the pipeline.'),
  key: z.string(),
  name: z.string(),
  type: z.string().describe('The capability that it asks for.'),
  after: z.array(z.int()).describe('Places of the stages that it follows.'),
  status: z.enum(TASK_WORDS),
  state: z.enum(TASK_STATUSES).describe('The same in finer words.'),
  attempt: z.int(),
  progress: z.number().describe('0 to 1.'),
  assigned_agent: idSchema('agent').nullable(),
  ready_at: time.nullable(),
  started_at: time.nullable(),
  finished_at: time.nullable(),
  output: anyJson,
  error: taskErrorSchema.nullable(),
  skipped_because: z.string().nullable(),
  waiting: waitingSchema.nullable(),
  is_sensitive: z
    .boolean()
    .describe(
      'It handles what is marked sensitive: that, its errors and its log are hidden, and shown by /reveal.',
    ),
  routing: anyJson.describe('Why this agent and not another.'),
};

export const stageOfRunSchema = z.object(taskFields).meta({ id: 'StageOfRun' });

export const logLineSchema = z
  .object({
    timestamp: time,
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    fields: anyObject.nullable(),
    epoch: z.int().describe('Number of the hand-out that wrote it.'),
  })
  .meta({ id: 'LogLine' });

export const taskSchema = z
  .object({
    ...taskFields,
    pipeline_id: z.string().nullable(),
    run_id: idSchema('run'),
    updated_at: time,
    logs: z.array(logLineSchema).describe('The last lines, in the order in which they were written.'),
  })
  .meta({ id: 'Task' });

export function presentWaiting(waiting: Waiting | null): z.input<typeof waitingSchema> | null {
  if (!waiting) return null;
  const { code, sentence, blockers, blockerIds, since, wayOut } = waiting;
  return {
    code,
    sentence,
    blockers,
    blocker_ids: blockerIds,
    since: since === null ? null : isoTime(new Date(since)),
    way_out: wayOut,
  };
}

export function presentStageOfRun(task: TaskView): z.input<typeof stageOfRunSchema> {
  return {
    task_id: task.id,
    stage: task.index,
    key: task.stageKey,
    name: task.name,
    type: task.capability,
    after: task.after,
    status: taskWord(task),
    state: task.status,
    attempt: task.attempt,
    progress: task.progress,
    assigned_agent: task.agentId,
    ready_at: isoTimeOrNull(task.readyAt),
    started_at: isoTimeOrNull(task.startedAt),
    finished_at: isoTimeOrNull(task.finishedAt),
    output: task.output,
    error: task.error,
    skipped_because: task.skip,
    waiting: presentWaiting(task.waiting),
    is_sensitive: task.isSensitive,
    routing: task.routing,
  };
}

export function presentLog(line: LogLine): z.input<typeof logLineSchema> {
  return presentLogText(line);
}

type LogText = Omit<Unshown<LogLine>, 'line'>;

function presentLogText({ at, level, message, fields, epoch }: LogText): z.input<typeof logLineSchema> {
  return { timestamp: isoTime(at), level, message, fields, epoch };
}

export function presentTask(task: TaskDetail): z.input<typeof taskSchema> {
  const { run } = task;
  const { stage: askedStage, pipeline_id: askedPipeline } = run.metadata;
  return {
    ...presentStageOfRun(task),
    pipeline_id: run.pipelineId ?? (typeof askedPipeline === 'string' ? askedPipeline : null),
    run_id: run.id,
    stage: typeof askedStage === 'number' ? askedStage : task.index,
    updated_at: isoTime(run.updatedAt),
    logs: task.logs.map(presentLog),
  };
}

/** One of a list: as it stands, without its log. */
export const taskListItemSchema = z
  .object({ ...taskFields, pipeline_id: z.string().nullable(), run_id: idSchema('run'), updated_at: time })
  .meta({ id: 'TaskListItem' });

export function presentTaskItem(task: TaskListItem): z.input<typeof taskListItemSchema> {
  const { logs: _, ...item } = presentTask({ ...task, logs: [] });
  return item;
}

export const runLogLineSchema = logLineSchema
  .extend({ task_id: taskIdSchema, stage: z.int(), line: z.int() })
  .meta({ id: 'RunLogLine' });

export const presentRunLog = (line: RunLogLine): z.input<typeof runLogLineSchema> => ({
  ...presentLog(line),
  task_id: line.taskId,
  stage: line.stage,
  line: line.line,
});

const saidFields = {
  id: z.string().describe('Give it as `after` for what came since.'),
  timestamp: time.describe('When it came.'),
  task_id: taskIdSchema,
  stage: z.int(),
  epoch: z.int(),
};
export const saidSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('progress'),
      ...saidFields,
      progress: z.number().nullable(),
      note: z.string().nullable().describe('Null, too, for those who may not read payloads.'),
    }),
    z.object({
      type: z.literal('log'),
      ...saidFields,
      ...{ line: z.int(), level: z.enum(LOG_LEVELS), message: z.string(), fields: anyObject.nullable() },
    }),
  ])
  .meta({ id: 'Said' });

export function presentSaid(runId: RunId, said: Said & Shown): z.input<typeof saidSchema> {
  const { id, at, stage, epoch } = said;
  const common = { id, timestamp: isoTime(at), task_id: taskId(runId, stage), stage, epoch };
  if (said.type === 'progress')
    return { type: said.type, ...common, progress: said.progress, note: said.note };
  const { type, line, level, message, fields } = said;
  return { type, ...common, line, level, message, fields };
}

const revealedLine = ({ taskId, stage, line, ...rest }: RevealedTask['logs'][number]) => ({
  ...presentLogText(rest),
  ...{ task_id: taskId, stage, line },
});

export const revealedSchema = z
  .object({
    given: z.object({ input: anyJson, parameters: anyObject }).nullable(),
    task: z
      .object({
        task_id: taskIdSchema,
        key: z.string(),
        output: anyJson,
        error: taskErrorSchema.nullable(),
        attempts: z.array(z.object({ epoch: z.int(), error: taskErrorSchema.nullable() })),
        next_attempts_after: z
          .int()
          .nullable()
          .describe('To go on with its attempts: as `attempts_after`; null: these are all.'),
        logs: z.array(runLogLineSchema),
        next_cursor: nextCursor.describe('To go on with its log.'),
      })
      .nullable(),
  })
  .meta({ id: 'Revealed' });

export function presentRevealed({ given, task }: Revealed): z.input<typeof revealedSchema> {
  if (!task) return { given, task };
  const { taskId, key, output, error, attempts, logs, nextCursor: next_cursor } = task;
  const next_attempts_after = task.nextAttemptsAfter;
  return {
    given,
    task: {
      task_id: taskId,
      ...{ key, output, error, attempts, next_attempts_after, next_cursor },
      logs: logs.map(revealedLine),
    },
  };
}

export const attemptSchema = z
  .object({
    task_id: taskIdSchema,
    stage: z.int(),
    epoch: z.int().describe('Number of the hand-out.'),
    attempt: z.int(),
    agent_id: idSchema('agent').nullable(),
    state: z
      .string()
      .describe('How it ended (failed, lost, released); of the current one: the state of the task.'),
    ready_at: time.nullable(),
    started_at: time.nullable(),
    finished_at: time.nullable(),
    error: taskErrorSchema.nullable(),
    routing: anyJson.describe('Why this agent and not another.'),
  })
  .meta({ id: 'Attempt' });

export const lateAnswerSchema = z
  .object({
    task_id: taskIdSchema,
    stage: z.int(),
    epoch: z.int().describe('Number of the hand-out that it is the answer to.'),
    agent_id: idSchema('agent').nullable(),
    at: time.describe('When it came.'),
    reason: z.string().describe('Why it did not count.'),
    said: z.enum(['succeeded', 'failed']),
    output: anyJson.describe('Null as well where the answer is larger than 64 KiB or not for you.'),
    error: taskErrorSchema.nullable(),
    bytes: z.int().describe('Of the whole answer, as text.'),
  })
  .meta({ id: 'LateAnswer' });

export function presentLateAnswer(late: LateAnswerView): z.input<typeof lateAnswerSchema> {
  const { taskId, stage, epoch, agentId, at, reason, said, output, error, bytes } = late;
  return {
    ...{ task_id: taskId, stage, epoch, agent_id: agentId, at: isoTime(at) },
    ...{ reason, said, output, error, bytes },
  };
}

export function presentAttempt(attempt: AttemptView): z.input<typeof attemptSchema> {
  const { taskId, stage, epoch, agentId, state, error, routing } = attempt;
  return {
    ...{ task_id: taskId, stage, epoch, attempt: attempt.attempt, agent_id: agentId, state, error, routing },
    ready_at: isoTimeOrNull(attempt.readyAt),
    started_at: isoTimeOrNull(attempt.startedAt),
    finished_at: isoTimeOrNull(attempt.finishedAt),
  };
}

export const handOutSchema = z
  .object({ stage: z.int(), epoch: z.int().describe('Number of the hand-out.'), queued_at: time })
  .meta({ id: 'HandOut' });

export const presentHandOut = ({ stage, epoch, queuedAt }: HandOutView): z.input<typeof handOutSchema> => ({
  ...{ stage, epoch },
  queued_at: isoTime(queuedAt),
});
