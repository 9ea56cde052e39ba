import type { JsonValidator } from '../graph/compile.ts';
import type { SchemaIssue } from '../graph/json-schema.ts';
import { onFailureOf, type Stage } from '../graph/schema.ts';
import { type Json, jsonEquals } from '../json.ts';
import { payloadRefOf } from '../payload-ref.ts';
import {
  isRunCancelling,
  isTaskCancelled,
  isTaskFailure,
  isTaskHeld,
  isTaskOut,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskRetrying,
  isTaskSuccess,
  isTaskUntouched,
} from '../statuses.ts';
import { POISON, type TaskError } from './events.ts';
import { type Draft, emit, setTask, taskOf } from './evolve.ts';
import type { DecideContext, Grant, Happening, Outcome, Reply } from './happenings.ts';
import { evaluateOver, ValuesNeeded } from './large-values.ts';
import { errorOfRun } from './quiet.ts';
import { complainOfVerdict } from './readiness.ts';
import { mayRetry, releaseDelayMs, retryDelayMs } from './retry.ts';
import type { TaskState } from './state.ts';

type Of<T extends Happening['type']> = Extract<Happening, { type: T }>;

const stale = (message: string): Reply => ({ ok: false, code: 'STALE_EPOCH', message });
/** Of whoever comes too late it is said as well; of another's hand-out only to one who never had it. */
const notHeld = ({ index, agent: holder }: TaskState, agent: TaskState['agent'] = holder): Reply => ({
  ok: false,
  code: holder === null || holder === agent ? 'NOT_HELD' : 'HELD_BY_ANOTHER',
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
  if (task.agent !== null && happening.agent !== null && task.agent !== happening.agent)
    return notHeld(task, happening.agent);
  const { outcome } = happening;
  if (!isTaskOut(task.status)) {
    if (cameToThis(task, outcome)) return { ok: true, repeated: true };
    return stale(
      isTaskSuccess(task.status)
        ? 'Another answer to this hand-out came before, and that one counts.'
        : 'The task was taken back or ended otherwise before the answer came.',
    );
  }
  if (isTaskQueued(task.status) && happening.agent !== null) {
    start(draft, { index: happening.task, agent: happening.agent, epoch: task.epoch }, context);
  }
  // status-words: what the agent says
  if (outcome.status === 'succeeded') acceptOutput(draft, { index: happening.task, ...outcome }, context);
  // status-words: what the agent says
  else if (outcome.status === 'failed')
    failAttempt(draft, { index: happening.task, error: outcome.error }, context);
  else giveBack(draft, happening.task);
  return { ok: true };
}

/** The same answer has counted before. Another one must not be told that it did: its work is not kept. */
function cameToThis(task: TaskState, outcome: Outcome): boolean {
  const isGivenBack =
    isTaskReady(task.status) || (isTaskRetrying(task.status) && task.error?.code === GIVEN_BACK);
  const failed = isTaskFailure(task.status) || (isTaskRetrying(task.status) && !isGivenBack);
  // status-words: what the agent says
  if (outcome.status === 'succeeded') {
    if (isTaskSuccess(task.status)) return jsonEquals(task.output ?? null, outcome.output);
    return failed && task.error?.class === 'invalid-output';
  }
  // status-words: what the agent says
  if (outcome.status === 'failed') return failed;
  return isTaskCancelled(task.status) || isGivenBack;
}

function acceptOutput(draft: Draft, answer: { index: number; output: Json }, context: DecideContext): void {
  const { index, output } = answer;
  const complaint = complainOf(draft, index, output);
  if (complaint) failAttempt(draft, { index, ...complaint }, context);
  else emit(draft, { type: 'task.succeeded', task: index, epoch: taskOf(draft, index).epoch }, output);
}

/** An output that breaks its schema, or that the stage asks to try again on, is a failed attempt. */
function complainOf(draft: Draft, index: number, output: Json): { error: TaskError; asked?: boolean } | null {
  const compiled = draft.graph.stages[index];
  const issues = findIssues(draft, compiled?.outputValidator ?? null, output);
  if (typeof issues === 'string') return { error: invalidOutput('OUTPUT_UNREADABLE', issues) };
  if (issues.length > 0) return { error: invalidOutput('OUTPUT_SCHEMA', describeIssues(issues)) };
  if (!compiled?.retryWhen) return null;
  const { attempt } = taskOf(draft, index);
  const result = evaluateOver(draft.reading, compiled.retryWhen, { output, attempt });
  if (!result.ok) return { error: invalidOutput('EXPRESSION_FAILED', result.message) };
  const complaint = complainOfVerdict(result.value);
  if (complaint !== null)
    return {
      error: invalidOutput('EXPRESSION_FAILED', `The condition to try again cannot be judged: ${complaint}`),
    };
  if (result.value !== true) return null;
  return {
    error: invalidOutput('RETRY_ASKED', 'The output meets the condition to try again.'),
    asked: true,
  };
}

/** What the schema finds in the value itself; a sentence where that is not to be had. */
function findIssues(
  draft: Draft,
  validator: JsonValidator | null,
  output: Json,
): readonly SchemaIssue[] | string {
  if (!validator) return [];
  const ref = payloadRefOf(output);
  if (!ref) return validator(output);
  const opened = draft.reading.values.open(ref);
  if (opened === undefined) throw new ValuesNeeded([ref]);
  return opened.ok ? validator(opened.value) : `The output cannot be read: ${opened.message}`;
}

const invalidOutput = (code: string, message: string): TaskError => ({
  class: 'invalid-output',
  code,
  message,
});

const MAX_ISSUES_SHOWN = 5;

function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues
    .slice(0, MAX_ISSUES_SHOWN)
    .map((issue) => `${issue.path.join('.') || 'output'}: ${issue.message}`);
  const more = issues.length > shown.length ? ` (and ${issues.length - shown.length} more)` : '';
  return `The output does not fit its schema: ${shown.join('; ')}${more}`;
}

interface FailedAttempt {
  index: number;
  error: TaskError;
  /** The stage's own condition asks for another attempt, whatever its policy says of the class. */
  asked?: boolean;
}

/** Another attempt where the policy allows it, else the stage has failed for good. */
export function failAttempt(draft: Draft, failed: FailedAttempt, context: DecideContext): void {
  const { index, error, asked = false } = failed;
  const { retry } = stageOf(draft, index);
  const { attempt } = taskOf(draft, index);
  const again = asked ? attempt < retry.maxAttempts : mayRetry(retry, attempt, error);
  if (again && !isRunCancelling(draft.status)) {
    const dueAt = context.now + retryDelayMs(retry, attempt, context.random());
    emit(draft, { type: 'task.retrying', task: index, error, dueAt });
  } else failTask(draft, index, error);
}

export function failTask(draft: Draft, index: number, error: TaskError): void {
  emit(draft, { type: 'task.failed', task: index, error });
  if (onFailureOf(stageOf(draft, index)) !== 'fail-run') return;
  failRun(draft, { error: errorOfRun(draft.graph.marks, index, error), task: index });
}

/** Settles the verdict and stops what is under way, so that nothing works for a run that is lost. */
export function failRun(draft: Draft, cause: { error: TaskError; task?: number }): void {
  if (draft.failing || isRunCancelling(draft.status)) return;
  emit(draft, { type: 'run.failing', ...cause });
  for (const task of draft.tasks) {
    if (task && !isTaskOver(task.status) && !isTaskUntouched(task.status)) {
      emit(draft, { type: 'task.cancelled', task: task.index });
    }
  }
}

/** The process of its agent was replaced. At no charge; in a run that is being cancelled nobody takes it up again. */
export function takeBack(draft: Draft, index: number): void {
  const { epoch } = taskOf(draft, index);
  if (isRunCancelling(draft.status)) emit(draft, { type: 'task.cancelled', task: index });
  else emit(draft, { type: 'task.released', task: index, epoch, ...queueLimit(draft, index) });
}

/**
 * Its agent does not want it. The same, but an agent may go on like that for ever: a task is never failed for what is no
 * fault of its own, it is only offered ever more rarely. The run ends by its deadline, or when some agent does the work.
 */
function giveBack(draft: Draft, index: number): void {
  const { epoch, attempt, losses } = taskOf(draft, index);
  // Of all hand-outs, those that were neither charged nor lost; this one is counted as charged until it is given back.
  const releases = epoch - (attempt - 1) - losses;
  const delayMs = releaseDelayMs(releases);
  if (delayMs === 0 || isRunCancelling(draft.status)) return takeBack(draft, index);
  const message = `It was handed out ${releases} times and given back unfinished each time.`;
  const error: TaskError = { class: 'agent', code: GIVEN_BACK, message };
  emit(draft, { type: 'task.released', task: index, epoch, dueAt: draft.now + delayMs, error });
}

const GIVEN_BACK = 'GIVEN_BACK';

/** The agent vanished. Not its task's fault, until it has happened too often to be chance. */
export function loseAttempt(draft: Draft, index: number, context: DecideContext): void {
  const { losses, epoch } = taskOf(draft, index);
  const error: TaskError = {
    class: 'lost',
    code: 'AGENT_LOST',
    message: 'The agent stopped answering before it was done.',
  };
  if (isRunCancelling(draft.status)) {
    emit(draft, { type: 'task.cancelled', task: index });
  } else if (losses + 1 >= context.defaults.maxLosses) {
    const message = `Every one of ${losses + 1} agents that took the task vanished, so it is not tried again.`;
    failTask(draft, index, { ...error, code: POISON, message });
  } else {
    emit(draft, { type: 'task.lost', task: index, epoch, error, ...queueLimit(draft, index) });
  }
}

/** Until when somebody must have taken the task: as long as it waits, from its first moment on. */
export function queueLimit(draft: Draft, index: number): { queueBy?: number } {
  const { queueBy } = taskOf(draft, index);
  if (queueBy !== null) return { queueBy };
  const { queueSeconds } = stageOf(draft, index).timeouts;
  return queueSeconds === undefined ? {} : { queueBy: draft.now + queueSeconds * 1000 };
}

export function acceptTask(draft: Draft, happening: Of<'accept'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (isTaskHeld(task.status) && task.epoch === happening.epoch && task.agent === happening.agent) {
    return { ok: true, repeated: true, task: grantOf(draft, happening.task) };
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
}

export function startTimes(
  draft: Draft,
  start: { index: number; leaseMs?: number | undefined },
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
  emit(draft, { type: 'task.started', task: what.index, epoch: what.epoch, agent: what.agent, ...times });
}

function grantOf(draft: Draft, index: number): Grant {
  const task = taskOf(draft, index);
  return { epoch: task.epoch, leaseUntil: task.dueAt, stop: isRunCancelling(draft.status) };
}

/** A sign of life moves the lease. It is no event: the sequence tells what happened, not that nothing did. */
export function renewLease(draft: Draft, happening: Of<'beat'>, context: DecideContext): Reply {
  const task = taskOf(draft, happening.task);
  if (!isTaskHeld(task.status) || task.epoch !== happening.epoch || task.agent !== happening.agent) {
    return task.epoch === happening.epoch
      ? notHeld(task, happening.agent)
      : stale('The lease has gone to a later hand-out.');
  }
  extendLease(draft, happening.task, context);
  // Whoever gives a sign of life has taken it.
  if (task.wait?.code === 'unanswered')
    standBy(draft, { ...happening, type: 'stand-by', wait: null, moreMs: 0 });
  const progress = Math.min(happening.progress ?? 0, 1);
  if (progress > task.progress) {
    const note = happening.note === undefined ? {} : { note: happening.note };
    emit(draft, { type: 'task.progressed', task: happening.task, progress, ...note });
  }
  return { ok: true, task: grantOf(draft, happening.task) };
}

export function extendLease(draft: Draft, index: number, context: DecideContext): void {
  const { idleSeconds } = stageOf(draft, index).timeouts;
  const leaseMs = idleSeconds === undefined ? context.defaults.leaseMs : idleSeconds * 1000;
  setTask(draft, index, { dueAt: context.now + leaseMs });
}

/** An attempt waits for somebody, `moreMs` beyond what its stage allows: nobody is hurried, and no work is lost over it. */
export function standBy(draft: Draft, { task: index, epoch, wait, moreMs }: Of<'stand-by'>): Reply {
  const task = taskOf(draft, index);
  if (task.epoch !== epoch) return stale('The task has gone to a later hand-out.');
  if (!isTaskHeld(task.status)) return notHeld(task);
  const stopBy = (task.stopBy ?? draft.now) + moreMs;
  const about = { task: index, epoch, stopBy, progress: task.progress };
  if (wait) emit(draft, { type: 'task.standing-by', ...about, wait: { ...wait, since: draft.now } });
  else if (task.wait) emit(draft, { type: 'task.went-on', ...about });
  else return { ok: true, repeated: true };
  return { ok: true };
}

export function releaseTask(draft: Draft, happening: Of<'release'>): Reply {
  const task = taskOf(draft, happening.task);
  if (task.epoch !== happening.epoch) return stale('The task has gone to a later hand-out.');
  if (!isTaskHeld(task.status) || task.agent !== happening.agent) return notHeld(task, happening.agent);
  giveBack(draft, happening.task);
  return { ok: true };
}
