import { buildInput } from '../graph/default-input.ts';
import { taskId } from '../ids.ts';
import { type Json, measureJson } from '../json.ts';
import {
  isRunActive,
  isRunCancelled,
  isRunCancelling,
  isRunOver,
  isRunPaused,
  isTaskFailure,
  isTaskHeld,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskRetrying,
  isTaskUntouched,
  type TaskStatus,
} from '../statuses.ts';
import type { RunEvent, SkipReason, TaskError, Wait } from './events.ts';
import { type Draft, type EndedAttempt, emit, openDraft, resetWake, setTask, taskOf } from './evolve.ts';
import {
  type DecideContext,
  type Happening,
  type Offer,
  ON_ITS_WAY_MS,
  type Placement,
  type Reply,
} from './happenings.ts';
import * as outcomes from './outcomes.ts';
import { errorOfRun } from './quiet.ts';
import { expressionError, judgeReadiness } from './readiness.ts';
import { evaluateIn } from './scope.ts';
import type { RunState } from './state.ts';
import { begun, sameWait, waitFor } from './waits.ts';

export interface Decision {
  state: RunState;
  events: RunEvent[];
  /** One for each happening, in order. */
  replies: Reply[];
  /** Places of tasks whose row changed. */
  touched: ReadonlySet<number>;
  /** What the tasks that were handed out are given, by place. */
  inputs: ReadonlyMap<number, Json>;
  ended: readonly EndedAttempt[];
}

/**
 * The engine's whole judgement: what a run becomes when these things happen to it. Pure, and total but for this: it
 * throws `ValuesNeeded` when it must look into large values that the context has not got yet. Time, chance and
 * the choice of agents come in through the context, and the state that was passed stays as it was.
 */
export function decide(before: RunState, happenings: readonly Happening[], context: DecideContext): Decision {
  const draft = openDraft(before, context.now, context.values);
  const replies = happenings.map((happening) => {
    const reply = apply(draft, happening, context);
    runUnblocked(draft, context);
    finishIfDone(draft);
    return reply;
  });
  const { touched, events, inputs, ended, unblocked: _u, now: _n, reading: _r, ...state } = draft;
  return { state, events, replies, touched, inputs, ended };
}

function apply(draft: Draft, happening: Happening, context: DecideContext): Reply {
  if (isRunOver(draft.status)) return answerLate(draft, happening, context);
  switch (happening.type) {
    case 'start':
      return startRun(draft, happening);
    case 'result':
      return outcomes.applyResult(draft, happening, context);
    case 'accept':
      return outcomes.acceptTask(draft, happening, context);
    case 'beat':
      return outcomes.renewLease(draft, happening, context);
    case 'stand-by':
      return outcomes.standBy(draft, happening);
    case 'release':
      return outcomes.releaseTask(draft, happening);
    case 'send-again':
      return sendAgain(draft, happening, context);
    case 'offer':
      if (isTaskReady(taskOf(draft, happening.task).status)) offerTask(draft, happening.task, context);
      return { ok: true };
    case 'tick':
      tick(draft, happening, context);
      return { ok: true };
    case 'pause':
      return pauseRun(draft);
    case 'resume':
      return resumeRun(draft, context);
    case 'cancel':
      return cancelRun(draft, happening.graceMs);
    case 'retry-now':
      return retryNow(draft, happening, context);
  }
}

/** Terminal is final: what comes later is answered, and changes nothing. */
function answerLate(draft: Draft, happening: Happening, context: DecideContext): Reply {
  // No task is out any more, so this only finds out whether the answer is one that has counted.
  if (happening.type === 'result') return outcomes.applyResult(draft, happening, context);
  if (happening.type === 'tick' || happening.type === 'offer') return { ok: true, repeated: true };
  // Who asks twice that it be cancelled has what was asked for.
  if (happening.type === 'cancel' && isRunCancelled(draft.status)) return { ok: true, repeated: true };
  return { ok: false, code: 'RUN_OVER', message: `The run has already ended: ${draft.status}.` };
}

function startRun(draft: Draft, happening: Extract<Happening, { type: 'start' }>): Reply {
  if (draft.seq > 0) return { ok: true, repeated: true };
  emit(draft, { type: 'run.started' });
  for (const { task, from, output } of happening.reuse ?? []) {
    if (draft.graph.stages[task] && isTaskUntouched(taskOf(draft, task).status))
      emit(draft, { type: 'task.reused', task, from }, output);
  }
  if (happening.only !== undefined) leaveOut(draft, happening.only);
  for (const root of draft.graph.roots) draft.unblocked.push(root);
  return { ok: true };
}

/** All but this one and what was reused: the run is over when it is. */
function leaveOut(draft: Draft, only: number): void {
  for (const index of draft.graph.order) {
    if (index !== only && isTaskUntouched(taskOf(draft, index).status))
      skip(draft, index, { reason: 'left-out' });
  }
}

/** Follows the consequences until nothing more is unblocked. A worklist, as chains are long and stacks are not. */
function runUnblocked(draft: Draft, context: DecideContext): void {
  const { unblocked } = draft;
  // By position: taking from the front would move all that is left, each time.
  for (let at = 0; at < unblocked.length; at += 1) {
    const index = unblocked[at] as number;
    if (!isTaskUntouched(taskOf(draft, index).status)) continue;
    const verdict = judgeReadiness(draft, index);
    if (verdict.run) offerTask(draft, index, context);
    else if ('error' in verdict) outcomes.failTask(draft, index, verdict.error);
    else skip(draft, index, verdict);
  }
  unblocked.length = 0;
}

function skip(draft: Draft, index: number, { reason, why }: { reason: SkipReason; why?: string }): void {
  emit(draft, { type: 'task.skipped', task: index, reason, ...(why === undefined ? {} : { why }) });
}

/** Asks the placement for an agent, and writes down either who takes the task or why nobody does. */
function offerTask(draft: Draft, index: number, context: DecideContext): void {
  if (isRunPaused(draft.status)) {
    waitFor(draft, index, { code: 'paused' });
    return;
  }
  const { attempt } = taskOf(draft, index);
  const placement = context.place(offerOf(draft, index, attempt + 1));
  if (placement.kind === 'wait') waitFor(draft, index, placement.wait);
  else giveTo(draft, { index, placement }, context);
}

function offerOf(draft: Draft, index: number, attempt: number): Offer {
  const { readyAt, agent } = taskOf(draft, index);
  const id = taskId(draft.id, index);
  return { task: index, taskId: id, waitsSince: readyAt ?? draft.now, attempt, lastAgent: agent };
}

function giveTo(draft: Draft, { index, placement }: Omit<HandOut, 'epoch'>, context: DecideContext): void {
  const epoch = taskOf(draft, index).epoch + 1;
  if (giveInput(draft, index)) handOut(draft, { index, epoch, placement }, context);
  else context.unplace(index);
}

interface HandOut {
  index: number;
  epoch: number;
  placement: Exclude<Placement, { kind: 'wait' }>;
}

function handOut(draft: Draft, { index, epoch, placement }: HandOut, context: DecideContext): void {
  const routing = placement.routing ? { routing: placement.routing } : {};
  // status-words: a kind of placement
  if (placement.kind === 'queue') {
    const { queue } = placement;
    const redeliverAt = context.now + context.defaults.redeliverMs;
    const limit = outcomes.queueLimit(draft, index);
    emit(draft, { type: 'task.queued', task: index, epoch, queue, redeliverAt, ...limit, ...routing });
  } else {
    const { agent, leaseMs } = placement;
    const times = outcomes.startTimes(draft, { index, leaseMs }, context);
    emit(draft, { type: 'task.started', task: index, epoch, agent, ...times, ...routing });
  }
}

/** Builds what the task is given. Where that cannot be done the task has failed, before anybody saw it. */
function giveInput(draft: Draft, index: number): boolean {
  const { reading } = draft;
  const openedBefore = reading.opened;
  const input = buildInput(draft.graph, index, (expression) => evaluateIn(draft, expression), draft);
  if (!input.ok) {
    outcomes.failTask(draft, index, expressionError('input', input.message));
    return false;
  }
  // Only what was made of large values, or of very many small ones, can be too large.
  const mayBeTooLarge =
    reading.opened > openedBefore || (draft.graph.incoming[index]?.length ?? 0) > MANY_SOURCES;
  if (mayBeTooLarge && isTooLarge(input.value, reading.values.maxInputBytes)) {
    const message = `The input that its stage asks for has more than ${reading.values.maxInputBytes} bytes.`;
    outcomes.failTask(draft, index, { class: 'invalid-input', code: 'INPUT_TOO_LARGE', message });
    return false;
  }
  draft.inputs.set(index, input.value);
  return true;
}

const MANY_SOURCES = 64;
const MAX_INPUT_DEPTH = 250;

function isTooLarge(value: Json, maxBytes: number): boolean {
  return !measureJson(value, { maxBytes, maxDepth: MAX_INPUT_DEPTH }).ok;
}

/** Everything that is due by now: deadlines, leases, timers, forced ends. */
function tick(draft: Draft, happening: Tick, context: DecideContext): void {
  const { now } = context;
  if (!happening.full && draft.wakeAt !== null && draft.wakeAt > now) return;
  if (draft.forceAt !== null && draft.forceAt <= now) cancelTasks(draft, () => true);
  if (draft.deadlineAt !== null && draft.deadlineAt <= now) {
    outcomes.failRun(draft, { error: timeoutError('RUN_DEADLINE', 'The run did not end by its deadline.') });
  }
  for (const task of draft.tasks) {
    if (task && !isTaskOver(task.status)) tickTask(draft, task.index, { context, happening });
  }
  runUnblocked(draft, context);
  resetWake(draft);
}

type Tick = Extract<Happening, { type: 'tick' }>;

interface TickContext {
  context: DecideContext;
  happening: Tick;
}

function tickTask(draft: Draft, index: number, { context, happening }: TickContext): void {
  const task = taskOf(draft, index);
  const isDue = (at: number | null) => at !== null && at <= context.now;
  if (isDue(task.queueBy)) {
    // Final whatever the policy says: another attempt would stand in the same line.
    outcomes.failTask(draft, index, timeoutError('QUEUE_TIMEOUT', 'No agent took the task in time.'));
  } else if (isTaskHeld(task.status)) {
    if (isDue(task.stopBy)) {
      const error = timeoutError('STAGE_TIMEOUT', 'The attempt took longer than the stage allows.');
      outcomes.failAttempt(draft, { index, error }, context);
    } else if (task.agent !== null && happening.gone?.has(task.agent)) outcomes.takeBack(draft, index);
    else if (isDue(task.dueAt) && happening.unheard) outcomes.extendLease(draft, index, context);
    else if (isDue(task.dueAt)) outcomes.loseAttempt(draft, index, context);
  } else if (isTaskQueued(task.status)) {
    if (isDue(task.dueAt) || happening.full) lookIntoQueue(draft, index, { context, happening });
  }
  const isDueAgain = isTaskRetrying(task.status) && isDue(task.dueAt);
  if (isDueAgain || isTaskReady(taskOf(draft, index).status)) offerTask(draft, index, context);
}

function timeoutError(code: string, message: string): TaskError {
  return { class: 'timeout', code, message };
}

/**
 * Whoever looked into its queue may be gone. Then the task goes to somebody else who may take it, as a new hand-out: what
 * still lies there counts no more. Without anybody it stays, for whoever comes back to that queue finds it.
 */
function lookIntoQueue(draft: Draft, index: number, ticked: TickContext): void {
  const { context } = ticked;
  const { queue, dueAt, attempt, wait } = taskOf(draft, index);
  const isLeft = !isRunPaused(draft.status) && queue !== null && !context.isServed(index, queue);
  const placement = isLeft ? context.place({ ...offerOf(draft, index, attempt), isOut: true }) : null;
  if (placement && placement.kind !== 'wait') return giveTo(draft, { index, placement }, context);
  const why: Wait | null = placement?.wait ?? (wait && { code: 'queue' });
  if (why && !sameWait(wait, why)) {
    // It has lain there all the time, whoever was there to take it.
    const said = why.code === 'queue' ? why : begun(draft, index, why);
    emit(draft, { type: 'task.waiting', task: index, wait: said });
  }
  if (dueAt !== null && dueAt <= context.now) redeliver(draft, index, ticked);
}

/** A message whose queue is empty was lost on the way and is sent again; else it only has a long queue before it. */
function redeliver(draft: Draft, index: number, { context, happening }: TickContext): void {
  const { queue } = taskOf(draft, index);
  if (queue === null || !happening.emptyQueues?.has(queue)) {
    setTask(draft, index, { dueAt: context.now + context.defaults.redeliverMs });
  } else sendToQueue(draft, { index, queue }, context);
}

/** Under the same hand-out: of two messages the second changes nothing. */
function sendToQueue(draft: Draft, to: { index: number; queue: string }, context: DecideContext): void {
  const { index, queue } = to;
  const { epoch } = taskOf(draft, index);
  const redeliverAt = context.now + context.defaults.redeliverMs;
  if (!giveInput(draft, index)) return;
  emit(draft, { type: 'task.queued', task: index, epoch, queue, redeliverAt });
}

function sendAgain(
  draft: Draft,
  { task: index, epoch: seen }: Extract<Happening, { type: 'send-again' }>,
  context: DecideContext,
): Reply {
  const { status, epoch, queue, dueAt } = taskOf(draft, index);
  if (!isTaskQueued(status) || epoch !== seen || queue === null || dueAt === null) {
    const message = `Hand-out ${seen} of the task lies in no queue any more.`;
    return { ok: false, code: 'STALE_EPOCH', message };
  }
  const sentAt = dueAt - context.defaults.redeliverMs;
  if (context.now - sentAt < ON_ITS_WAY_MS) return { ok: true, repeated: true };
  sendToQueue(draft, { index, queue }, context);
  return { ok: true };
}

const NOT_WHILE_CANCELLING: Reply = {
  ok: false,
  code: 'NOT_ALLOWED',
  message: 'The run is being cancelled.',
};

function pauseRun(draft: Draft): Reply {
  if (isRunPaused(draft.status)) return { ok: true, repeated: true };
  if (!isRunActive(draft.status)) return NOT_WHILE_CANCELLING;
  emit(draft, { type: 'run.paused' });
  for (const task of draft.tasks) {
    if (task && isTaskReady(task.status)) waitFor(draft, task.index, { code: 'paused' });
  }
  return { ok: true };
}

function resumeRun(draft: Draft, context: DecideContext): Reply {
  if (isRunActive(draft.status)) return { ok: true, repeated: true };
  if (!isRunPaused(draft.status)) return NOT_WHILE_CANCELLING;
  emit(draft, { type: 'run.resumed' });
  for (const task of draft.tasks) {
    if (task && isTaskReady(task.status)) offerTask(draft, task.index, context);
  }
  return { ok: true };
}

/** Agents are told to stop and have until `forceAt`; what nobody holds ends at once. */
function cancelRun(draft: Draft, graceMs: number): Reply {
  const forceAt = draft.now + graceMs;
  if (draft.forceAt !== null && draft.forceAt <= forceAt) return { ok: true, repeated: true };
  emit(draft, { type: 'run.cancelling', forceAt });
  cancelTasks(draft, (status) => graceMs <= 0 || !isTaskHeld(status));
  return { ok: true };
}

function cancelTasks(draft: Draft, isMeant: (status: TaskStatus) => boolean): void {
  draft.graph.stages.forEach((_, index) => {
    const { status } = taskOf(draft, index);
    if (!isTaskOver(status) && isMeant(status)) emit(draft, { type: 'task.cancelled', task: index });
  });
}

function retryNow(
  draft: Draft,
  { task: index, attempt: seen }: Extract<Happening, { type: 'retry-now' }>,
  context: DecideContext,
): Reply {
  const { status, attempt } = taskOf(draft, index);
  // Several people who press at once mean one attempt, also where it has failed again before the second is heard.
  if (seen !== undefined && seen !== attempt) {
    const message = `The task is at attempt ${attempt} by now, and attempt ${seen} was to be followed, so nothing was hurried.`;
    return { ok: false, code: 'NOT_ALLOWED', message };
  }
  if (!isTaskRetrying(status) && !isTaskReady(status)) {
    const message = 'Only a task that waits for its next attempt can be tried at once.';
    return { ok: false, code: 'NOT_ALLOWED', message };
  }
  offerTask(draft, index, context);
  return { ok: true };
}

function finishIfDone(draft: Draft): void {
  if (draft.left > 0 || isRunOver(draft.status)) return;
  const error = draft.failing ?? requiredFailure(draft);
  if (isRunCancelling(draft.status)) emit(draft, { type: 'run.cancelled' });
  else emit(draft, error ? { type: 'run.failed', error } : { type: 'run.succeeded' });
}

function requiredFailure(draft: Draft): TaskError | null {
  const failed = draft.tasks.find(
    (task) => task && isTaskFailure(task.status) && outcomes.stageOf(draft, task.index).required,
  );
  return failed?.error ? errorOfRun(draft.graph.marks, failed.index, failed.error) : null;
}
