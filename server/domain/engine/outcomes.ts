import { evaluateExpression } from '../graph/expressions.ts';
import type { SchemaIssue } from '../graph/json-schema.ts';
import { onFailureOf, type Stage } from '../graph/schema.ts';
import type { Json } from '../json.ts';
import {
  isRunCancelling,
  isTaskHeld,
  isTaskOut,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskRetrying,
  isTaskUntouched,
} from '../statuses.ts';
import type { TaskError } from './events.ts';
import { type Draft, emit, setTask, taskOf } from './evolve.ts';
import type { DecideContext, Happening, Reply } from './happenings.ts';
import { mayRetry, retryDelayMs } from './retry.ts';

type Of<T extends Happening['type']> = Extract<Happening, { type: T }>;

const stale = (message: string): Reply => ({ ok: false, code: 'STALE_EPOCH', message });
const notHeld = (index: number): Reply => ({
  ok: false,
  code: 'NOT_HELD',
  message: `You do not hold task ${index}.`,
});

export function stageOf(draft: Draft, index: number): Stage {
  const stage = draft.graph.stages[index];
  if (!stage) throw new Error(`run ${draft.id} has no task ${index}`);
  return stage.stage;
}

/** An answer counts once, from the hand-out it belongs to. Anything else changes nothing and is told why. */
export function applyResult(draft: Draft, happening: Of<'result'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (happening.epoch !== task.epoch) {
    return stale(
      `The answer is for hand-out ${happening.epoch} of the task; the current one is ${task.epoch}.`,
    );
  }
  if (isTaskOver(task.status)) return { ok: true, repeated: true };
  if (!isTaskOut(task.status)) return stale('The task was taken back before the answer came.');
  if (task.agent !== null && happening.agent !== null && task.agent !== happening.agent)
    return notHeld(happening.task);
  if (isTaskQueued(task.status) && happening.agent !== null) {
    start(draft, { index: happening.task, agent: happening.agent, epoch: task.epoch }, context);
  }
  const { outcome } = happening;
  if (outcome.status === 'succeeded') acceptOutput(draft, happening.task, outcome.output, context);
  else if (outcome.status === 'failed') failAttempt(draft, happening.task, outcome.error, context);
  else if (isRunCancelling(draft.status))
    emit(draft, { type: 'task.cancelled', task: happening.task }, context.now);
  else giveBack(draft, happening.task, context);
  return { ok: true };
}

function acceptOutput(draft: Draft, index: number, output: Json, context: DecideContext): void {
  const complaint = complainOf(draft, index, output);
  if (complaint) failAttempt(draft, index, complaint, context);
  else
    emit(
      draft,
      { type: 'task.succeeded', task: index, epoch: taskOf(draft, index).epoch },
      context.now,
      output,
    );
}

/** An output that breaks its schema, or that the stage asks to try again on, is a failed attempt. */
function complainOf(draft: Draft, index: number, output: Json): TaskError | null {
  const compiled = draft.graph.stages[index];
  const issues = compiled?.outputValidator?.(output) ?? [];
  if (issues.length > 0)
    return { class: 'invalid-output', code: 'OUTPUT_SCHEMA', message: describeIssues(issues) };
  if (!compiled?.retryWhen) return null;
  const { attempt } = taskOf(draft, index);
  const result = evaluateExpression(compiled.retryWhen, { output, attempt });
  if (!result.ok) return { class: 'invalid-output', code: 'EXPRESSION_FAILED', message: result.message };
  if (result.value !== true) return null;
  return {
    class: 'invalid-output',
    code: 'RETRY_ASKED',
    message: 'The output meets the condition to try again.',
  };
}

const MAX_ISSUES_SHOWN = 5;

function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues
    .slice(0, MAX_ISSUES_SHOWN)
    .map((issue) => `${issue.path.join('.') || 'output'}: ${issue.message}`);
  const more = issues.length > shown.length ? ` (and ${issues.length - shown.length} more)` : '';
  return `The output does not fit its schema: ${shown.join('; ')}${more}`;
}

/** Another attempt where the policy and the run allow it, else the stage has failed for good. */
export function failAttempt(draft: Draft, index: number, error: TaskError, context: DecideContext): void {
  const { retry } = stageOf(draft, index);
  const task = taskOf(draft, index);
  const asked = error.code === 'RETRY_ASKED' && task.attempt < retry.maxAttempts;
  if (!draft.failing && !isRunCancelling(draft.status) && (asked || mayRetry(retry, task.attempt, error))) {
    const dueAt = context.now + retryDelayMs(retry, task.attempt, context.random());
    emit(draft, { type: 'task.retrying', task: index, error, dueAt }, context.now);
    return;
  }
  failTask(draft, index, error, context.now);
}

export function failTask(draft: Draft, index: number, error: TaskError, now: number): void {
  emit(draft, { type: 'task.failed', task: index, error }, now);
  if (onFailureOf(stageOf(draft, index)) === 'fail-run') failRun(draft, { error, task: index }, now);
}

/** Settles the verdict and stops what is under way, so that nothing works for a run that is lost. */
export function failRun(draft: Draft, cause: { error: TaskError; task?: number }, now: number): void {
  if (draft.failing || isRunCancelling(draft.status)) return;
  emit(draft, { type: 'run.failing', ...cause }, now);
  for (const task of draft.tasks) {
    if (task && !isTaskOver(task.status) && !isTaskUntouched(task.status)) {
      emit(draft, { type: 'task.cancelled', task: task.index }, now);
    }
  }
}

function giveBack(draft: Draft, index: number, context: DecideContext): void {
  emit(draft, { type: 'task.released', task: index, epoch: taskOf(draft, index).epoch }, context.now);
}

/** The agent vanished. Not its task's fault, until it has happened too often to be chance. */
export function loseAttempt(draft: Draft, index: number, context: DecideContext): void {
  const task = taskOf(draft, index);
  const error: TaskError = {
    class: 'lost',
    code: 'AGENT_LOST',
    message: 'The agent stopped answering before it was done.',
  };
  if (isRunCancelling(draft.status)) {
    emit(draft, { type: 'task.cancelled', task: index }, context.now);
  } else if (task.losses + 1 >= context.defaults.maxLosses) {
    const message = `Every one of ${task.losses + 1} agents that took the task vanished, so it is not tried again.`;
    failTask(draft, index, { ...error, code: 'POISON', message }, context.now);
  } else {
    emit(draft, { type: 'task.lost', task: index, epoch: task.epoch, error }, context.now);
  }
}

export function acceptTask(draft: Draft, happening: Of<'accept'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (isTaskHeld(task.status) && task.epoch === happening.epoch && task.agent === happening.agent) {
    return { ok: true, repeated: true };
  }
  if (!isTaskQueued(task.status) || task.epoch !== happening.epoch) {
    return stale('The task is not waiting for an agent under this hand-out.');
  }
  start(draft, { index: happening.task, agent: happening.agent, epoch: task.epoch }, context);
  return { ok: true, task: grantOf(draft, happening.task) };
}

interface Start {
  index: number;
  agent: NonNullable<ReturnType<typeof taskOf>['agent']>;
  epoch: number;
  leaseMs?: number;
}

export function startTimes(
  draft: Draft,
  start: Start,
  context: DecideContext,
): { leaseUntil: number; stopBy: number } {
  const { timeouts } = stageOf(draft, start.index);
  const first = timeouts.firstHeartbeatSeconds ?? timeouts.idleSeconds;
  const leaseMs = first === undefined ? (start.leaseMs ?? context.defaults.leaseMs) : first * 1000;
  const stageMs =
    timeouts.stageSeconds === undefined ? context.defaults.taskTimeoutMs : timeouts.stageSeconds * 1000;
  return { leaseUntil: context.now + leaseMs, stopBy: context.now + stageMs };
}

function start(draft: Draft, what: Start, context: DecideContext): void {
  const times = startTimes(draft, what, context);
  emit(
    draft,
    { type: 'task.started', task: what.index, epoch: what.epoch, agent: what.agent, ...times },
    context.now,
  );
}

function grantOf(draft: Draft, index: number): { epoch: number; leaseUntil: number | null; stop: boolean } {
  const task = taskOf(draft, index);
  return { epoch: task.epoch, leaseUntil: task.dueAt, stop: isRunCancelling(draft.status) };
}

/** A sign of life moves the lease. It is no event: the sequence tells what happened, not that nothing did. */
export function renewLease(draft: Draft, happening: Of<'beat'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (!isTaskHeld(task.status) || task.epoch !== happening.epoch || task.agent !== happening.agent) {
    return task.epoch === happening.epoch
      ? notHeld(happening.task)
      : stale('The lease has gone to a later hand-out.');
  }
  const { timeouts } = stageOf(draft, happening.task);
  const leaseMs = timeouts.idleSeconds === undefined ? context.defaults.leaseMs : timeouts.idleSeconds * 1000;
  setTask(draft, happening.task, { dueAt: context.now + leaseMs });
  const progress = happening.progress ?? task.progress;
  if (progress > task.progress) {
    const note = happening.note === undefined ? {} : { note: happening.note };
    emit(
      draft,
      { type: 'task.progressed', task: happening.task, progress: Math.min(progress, 1), ...note },
      context.now,
    );
  }
  return { ok: true, task: grantOf(draft, happening.task) };
}

export function releaseTask(draft: Draft, happening: Of<'release'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (task.epoch !== happening.epoch) return stale('The task has gone to a later hand-out.');
  if (!isTaskHeld(task.status) || task.agent !== happening.agent) return notHeld(happening.task);
  giveBack(draft, happening.task, context);
  return { ok: true };
}

/** A person asks not to wait for the retry timer. */
export function retryNow(draft: Draft, index: number, now: number): Reply {
  const task = taskOf(draft, index);
  if (isTaskReady(task.status)) return { ok: true, repeated: true };
  if (!isTaskRetrying(task.status)) {
    return {
      ok: false,
      code: 'NOT_ALLOWED',
      message: 'Only a task that waits for its next attempt can be tried at once.',
    };
  }
  emit(draft, { type: 'task.ready', task: index, wait: { code: 'agents-full' } }, now);
  return { ok: true };
}
