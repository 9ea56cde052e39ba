import { z } from 'zod';
import type { RunEvent, TaskError } from '#server/domain/engine/events.ts';
import type { ErrorCode } from '#server/domain/errors.ts';
import { taskId } from '#server/domain/ids.ts';
import {
  type AgentNews,
  type LiveEvent,
  type LiveTarget,
  liveTargetsSchema,
  type RunNews,
} from '#server/domain/live.ts';
import { isTaskEvent, taskProgressAfter } from '#server/domain/run-progress.ts';
import { taskWord } from '#server/domain/task-words.ts';
import { AGENT_WORD } from '../wire/agent.ts';

/** The messages of `/ws`, in both directions. */

export const authSchema = z.strictObject({
  type: z.literal('auth'),
  token: z.string().min(1).max(8192),
  /** What to listen to; left out: everything. */
  targets: liveTargetsSchema.optional(),
});

const askSchema = z.looseObject({
  type: z.enum(['subscribe', 'unsubscribe']),
  /** Comes back with the answer. */
  id: z.string().max(64).optional(),
});

export interface Ask {
  type: 'subscribe' | 'unsubscribe';
  id: string | undefined;
  targets: LiveTarget[];
}

/** `{type, targets: [...]}`, or one target's fields in the message itself. */
export function readAsk(message: unknown): z.ZodSafeParseResult<Ask> {
  return z
    .unknown()
    .transform((given, context) => {
      const ask = askSchema.safeParse(given);
      if (!ask.success) return refuse(context, ask.error);
      const { type, id, targets, ...inline } = ask.data;
      const list = targets === undefined ? [inline] : targets;
      const parsed = liveTargetsSchema.safeParse(list);
      if (!parsed.success) return refuse(context, parsed.error);
      return { type, id, targets: parsed.data };
    })
    .safeParse(message);
}

function refuse(context: z.RefinementCtx, error: z.ZodError): never {
  for (const issue of error.issues.slice(0, 5))
    context.addIssue({ code: 'custom', message: issue.message, path: issue.path });
  return z.NEVER;
}

/** All that one piece of news says, in order. The summary comes last, and knows at least what was said before it. */
export function toMessages(news: RunNews, nowMs: number): object[] {
  const messages = news.events.flatMap((event) => toEventMessages(news, event));
  const last = news.events.at(-1);
  // An event of the run itself has brought its own.
  if (!last || isTaskEvent(last.event)) {
    messages.push(toProgress(news, { seq: news.seq, atMs: last?.at ?? nowMs, event: null }));
  }
  return messages;
}

function toEventMessages(news: RunNews, { seq, at, event }: LiveEvent): object[] {
  const error = errorOf(event);
  const about = {
    timestamp: new Date(at).toISOString(),
    run_id: news.runId,
    pipeline_id: news.pipelineId,
    seq,
    event: event.type,
  };
  if (!isTaskEvent(event)) {
    const place = 'task' in event ? event.task : undefined;
    const errors = error
      ? [toError({ ...about, task_id: place === undefined ? null : taskId(news.runId, place) }, error)]
      : [];
    return [...errors, toProgress(news, { seq, atMs: at, event: event.type })];
  }
  const after = taskProgressAfter(event);
  const skip = event.type === 'task.skipped' ? event.reason : null;
  const update = {
    type: 'task_update',
    task_id: taskId(news.runId, event.task),
    status: taskWord({ status: after.status, skip }),
    progress: after.progress,
    ...about,
    stage: event.task,
    state: after.status,
    ...('agent' in event ? { assigned_agent: event.agent } : {}),
  };
  if (!error) return [update];
  // Before the update, and with what it says: whoever saw only this knows what became of the task.
  return [toError({ ...about, task_id: update.task_id, status: update.status }, error), update];
}

const ERROR_SENTENCE: Partial<Record<RunEvent['type'], string>> = {
  'task.failed': 'Task execution failed',
  'task.retrying': 'Task execution failed; it is tried again',
  'task.lost': 'The agent was lost; the task is given to another',
};

function errorOf(event: RunEvent): TaskError | null {
  return 'error' in event ? (event.error ?? null) : null;
}

interface ErrorAbout {
  task_id: string | null;
  event: RunEvent['type'];
  status?: string;
}

function toError(about: ErrorAbout, error: TaskError): object {
  const { class: kind, code, message } = error;
  const sentence = ERROR_SENTENCE[about.event] ?? 'Run failed';
  return { type: 'error', error: sentence, details: { code, message, class: kind }, ...about };
}

function toProgress(
  { runId, pipelineId, status, progress }: RunNews,
  { seq, atMs, event }: { seq: number; atMs: number; event: string | null },
): object {
  return {
    type: 'pipeline_progress',
    pipeline_id: pipelineId,
    current_stage: progress.currentStage,
    completed_stages: progress.completedStages,
    progress: progress.progress,
    timestamp: new Date(atMs).toISOString(),
    run_id: runId,
    status,
    seq,
    event,
  };
}

export function toAgentMessage({ agentId, name, state, load, at }: AgentNews): object {
  return {
    type: 'agent_update',
    agent_id: agentId,
    status: AGENT_WORD[state],
    current_load: load,
    timestamp: new Date(at).toISOString(),
    name,
  };
}

/** What was asked and cannot be done; the connection lives on. */
export function toRefusal(
  { code, message, advice }: { code: ErrorCode; message: string; advice?: string | undefined },
  { id, nowMs }: { id: string | undefined; nowMs: number },
): object {
  return {
    type: 'error',
    task_id: null,
    error: message,
    details: { code, message: advice ?? message },
    timestamp: new Date(nowMs).toISOString(),
    ...(id === undefined ? {} : { id }),
  };
}
