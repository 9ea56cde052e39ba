import { buildInput } from '../graph/default-input.ts';
import { taskId } from '../ids.ts';
import type { Json } from '../json.ts';
import {
  isRunActive,
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
} from '../statuses.ts';
import type { RunEvent, TaskError, Wait } from './events.ts';
import {
  type Draft,
  type EndedAttempt,
  emit,
  openDraft,
  RECHECK_MS,
  resetWake,
  setTask,
  taskOf,
} from './evolve.ts';
import type { DecideContext, Happening, Reply } from './happenings.ts';
import * as outcomes from './outcomes.ts';
import { expressionError, judgeReadiness } from './readiness.ts';
import { scopeOf } from './scope.ts';
import type { RunState } from './state.ts';

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
 * The engine's whole judgement: what a run becomes when these things happen to it. Pure and total; time, chance
 * and the choice of agents come in through the context, and the state that was passed stays as it was.
 */
export function decide(before: RunState, happenings: readonly Happening[], context: DecideContext): Decision {
  const draft = openDraft(before);
  const replies = happenings.map((happening) => {
    const reply = apply(draft, happening, context);
    runUnblocked(draft, context);
    return reply;
  });
  finishIfDone(draft, context.now);
  const { touched, events, inputs, ended, unblocked: _unblocked, ...state } = draft;
  return { state, events, replies, touched, inputs, ended };
}

function apply(draft: Draft, happening: Happening, context: DecideContext): Reply {
  const late = isRunOver(draft.status) ? refuseLate(draft, happening) : null;
  if (late) return late;
  switch (happening.type) {
    case 'start':
      return startRun(draft, happening, context);
    case 'result':
      return outcomes.applyResult(draft, happening, context);
    case 'accept':
      return outcomes.acceptTask(draft, happening, context);
    case 'beat':
      return outcomes.renewLease(draft, happening, context);
    case 'release':
      return outcomes.releaseTask(draft, happening, context);
    case 'offer':
      if (isTaskReady(taskOf(draft, happening.task).status)) offerTask(draft, happening.task, context);
      return { ok: true };
    case 'tick':
      tick(draft, happening, context);
      return { ok: true };
    case 'pause':
      return pauseRun(draft, context.now);
    case 'resume':
      return resumeRun(draft, context);
    case 'cancel':
      return cancelRun(draft, context.now, happening.graceMs);
    case 'retry-now':
      return retryNow(draft, happening.task, context);
  }
}

/** Terminal is final: what comes later is answered, and changes nothing. */
function refuseLate(draft: Draft, happening: Happening): Reply | null {
  if (happening.type === 'result') {
    const task = taskOf(draft, happening.task);
    if (task.epoch === happening.epoch && isTaskOver(task.status)) return { ok: true, repeated: true };
    return { ok: false, code: 'STALE_EPOCH', message: 'The run is over; the answer came too late to count.' };
  }
  if (happening.type === 'tick' || happening.type === 'offer') return { ok: true, repeated: true };
  return { ok: false, code: 'RUN_OVER', message: `The run has already ended: ${draft.status}.` };
}

function startRun(
  draft: Draft,
  happening: Extract<Happening, { type: 'start' }>,
  context: DecideContext,
): Reply {
  emit(draft, { type: 'run.started' }, context.now);
  for (const { task, from, output } of happening.reuse ?? []) {
    emit(draft, { type: 'task.reused', task, from }, context.now, output);
  }
  draft.waitsFor.forEach((left, index) => {
    if (left === 0 && isTaskUntouched(taskOf(draft, index).status)) draft.unblocked.push(index);
  });
  return { ok: true };
}

/** Follows the consequences until nothing more is unblocked. A worklist, as chains are long and stacks are not. */
function runUnblocked(draft: Draft, context: DecideContext): void {
  for (let index = draft.unblocked.shift(); index !== undefined; index = draft.unblocked.shift()) {
    if (!isTaskUntouched(taskOf(draft, index).status)) continue;
    if (isRunCancelling(draft.status)) {
      emit(draft, { type: 'task.cancelled', task: index }, context.now);
      continue;
    }
    const verdict = judgeReadiness(draft, index);
    if (verdict.run) offerTask(draft, index, context);
    else if ('error' in verdict) outcomes.failTask(draft, index, verdict.error, context.now);
    else emit(draft, { type: 'task.skipped', task: index, reason: verdict.reason }, context.now);
  }
}

/** Asks the placement for an agent, and writes down either who takes the task or why nobody does. */
function offerTask(draft: Draft, index: number, context: DecideContext): void {
  if (isRunPaused(draft.status)) return waitFor(draft, index, { code: 'paused' }, context);
  const task = taskOf(draft, index);
  const placement = context.place({
    task: index,
    taskId: taskId(draft.id, index),
    waitsSince: task.readyAt ?? context.now,
    attempt: task.attempt + 1,
    lastAgent: task.agent,
  });
  if (placement.kind === 'wait') return waitFor(draft, index, placement.wait, context);
  const input = buildInput(draft.graph, index, (expression) => scopeOf(draft, expression), draft);
  if (!input.ok) {
    context.unplace(index);
    outcomes.failTask(draft, index, expressionError('input', input.message), context.now);
    return;
  }
  draft.inputs.set(index, input.value);
  const epoch = task.epoch + 1;
  if (placement.kind === 'queue') {
    const redeliverAt = context.now + context.defaults.redeliverMs;
    emit(
      draft,
      {
        type: 'task.queued',
        task: index,
        epoch,
        queue: placement.queue,
        redeliverAt,
        ...queueBy(draft, index, context),
      },
      context.now,
    );
    return;
  }
  const times = outcomes.startTimes(draft, { index, epoch, ...placement }, context);
  const routing = placement.routing ? { routing: placement.routing } : {};
  emit(
    draft,
    { type: 'task.started', task: index, epoch, agent: placement.agent, ...times, ...routing },
    context.now,
  );
}

function queueBy(draft: Draft, index: number, context: DecideContext): { queueBy?: number } {
  const task = taskOf(draft, index);
  if (task.queueBy !== null) return { queueBy: task.queueBy };
  const { queueSeconds } = outcomes.stageOf(draft, index).timeouts;
  return queueSeconds === undefined ? {} : { queueBy: context.now + queueSeconds * 1000 };
}

function waitFor(draft: Draft, index: number, wait: Wait, context: DecideContext): void {
  const task = taskOf(draft, index);
  if (!isTaskReady(task.status)) {
    emit(draft, { type: 'task.ready', task: index, wait, ...queueBy(draft, index, context) }, context.now);
  } else if (!sameWait(task.wait, wait)) {
    emit(draft, { type: 'task.waiting', task: index, wait }, context.now);
  } else if (task.dueAt === null || task.dueAt < context.now + RECHECK_MS / 2) {
    setTask(draft, index, { dueAt: context.now + RECHECK_MS });
  }
}

function sameWait(before: Wait | null, after: Wait): boolean {
  return before?.code === after.code && (before.blockers ?? []).join() === (after.blockers ?? []).join();
}

/** Everything that is due by now: deadlines, leases, timers, forced ends. */
function tick(draft: Draft, happening: Tick, context: DecideContext): void {
  const { now } = context;
  if (draft.forceAt !== null && draft.forceAt <= now) cancelOpenTasks(draft, now);
  if (draft.deadlineAt !== null && draft.deadlineAt <= now) {
    outcomes.failRun(
      draft,
      { error: { class: 'timeout', code: 'RUN_DEADLINE', message: 'The run did not end by its deadline.' } },
      now,
    );
  }
  if (happening.full || draft.wakeAt === null || draft.wakeAt <= now) {
    for (const task of draft.tasks) {
      if (task && !isTaskOver(task.status)) tickTask(draft, task.index, { context, happening });
    }
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
  const { now } = context;
  const due = task.dueAt !== null && task.dueAt <= now;
  if (task.queueBy !== null && task.queueBy <= now) {
    return outcomes.failAttempt(
      draft,
      index,
      timeoutError('QUEUE_TIMEOUT', 'No agent took the task in time.'),
      context,
    );
  }
  if (isTaskHeld(task.status)) {
    if (task.stopBy !== null && task.stopBy <= now) {
      return outcomes.failAttempt(
        draft,
        index,
        timeoutError('STAGE_TIMEOUT', 'The attempt took longer than the stage allows.'),
        context,
      );
    }
    if (task.agent !== null && happening.gone?.has(task.agent)) {
      emit(draft, { type: 'task.released', task: index, epoch: task.epoch }, now);
    } else if (due) outcomes.loseAttempt(draft, index, context);
  }
  if (isTaskQueued(task.status) && due) redeliver(draft, index, { context, happening });
  if (isTaskRetrying(task.status) && due)
    emit(draft, { type: 'task.ready', task: index, wait: { code: 'agents-full' } }, now);
  if (isTaskReady(taskOf(draft, index).status) && !isRunPaused(draft.status))
    offerTask(draft, index, context);
}

function timeoutError(code: string, message: string): TaskError {
  return { class: 'timeout', code, message };
}

/** A message whose queue is empty was lost on the way and is sent again; else it only has a long queue before it. */
function redeliver(draft: Draft, index: number, { context, happening }: TickContext): void {
  const task = taskOf(draft, index);
  const redeliverAt = context.now + context.defaults.redeliverMs;
  if (task.queue === null || !happening.emptyQueues?.has(task.queue))
    return setTask(draft, index, { dueAt: redeliverAt });
  const input = buildInput(draft.graph, index, (expression) => scopeOf(draft, expression), draft);
  if (!input.ok) return outcomes.failTask(draft, index, expressionError('input', input.message), context.now);
  draft.inputs.set(index, input.value);
  emit(
    draft,
    { type: 'task.queued', task: index, epoch: task.epoch, queue: task.queue, redeliverAt },
    context.now,
  );
}

function pauseRun(draft: Draft, now: number): Reply {
  if (isRunPaused(draft.status)) return { ok: true, repeated: true };
  if (!isRunActive(draft.status))
    return { ok: false, code: 'NOT_ALLOWED', message: 'The run is being cancelled.' };
  emit(draft, { type: 'run.paused' }, now);
  for (const task of draft.tasks) {
    if (task && isTaskReady(task.status))
      emit(draft, { type: 'task.waiting', task: task.index, wait: { code: 'paused' } }, now);
  }
  return { ok: true };
}

function resumeRun(draft: Draft, context: DecideContext): Reply {
  if (isRunActive(draft.status)) return { ok: true, repeated: true };
  if (!isRunPaused(draft.status))
    return { ok: false, code: 'NOT_ALLOWED', message: 'The run is being cancelled.' };
  emit(draft, { type: 'run.resumed' }, context.now);
  for (const task of draft.tasks) {
    if (task && isTaskReady(task.status)) offerTask(draft, task.index, context);
  }
  return { ok: true };
}

/** Agents are told to stop and have until `forceAt`; what nobody holds ends at once. */
function cancelRun(draft: Draft, now: number, graceMs: number): Reply {
  const repeated = isRunCancelling(draft.status);
  if (!repeated || (draft.forceAt !== null && now + graceMs < draft.forceAt)) {
    emit(draft, { type: 'run.cancelling', forceAt: now + graceMs }, now);
  }
  draft.graph.stages.forEach((_, index) => {
    const { status } = taskOf(draft, index);
    if (!isTaskOver(status) && (graceMs <= 0 || !isTaskHeld(status)))
      emit(draft, { type: 'task.cancelled', task: index }, now);
  });
  return repeated ? { ok: true, repeated: true } : { ok: true };
}

function cancelOpenTasks(draft: Draft, now: number): void {
  draft.graph.stages.forEach((_, index) => {
    if (!isTaskOver(taskOf(draft, index).status)) emit(draft, { type: 'task.cancelled', task: index }, now);
  });
}

function retryNow(draft: Draft, index: number, context: DecideContext): Reply {
  const reply = outcomes.retryNow(draft, index, context.now);
  if (reply.ok && isTaskReady(taskOf(draft, index).status)) offerTask(draft, index, context);
  return reply;
}

function finishIfDone(draft: Draft, now: number): void {
  if (draft.left > 0 || isRunOver(draft.status)) return;
  if (isRunCancelling(draft.status)) return emit(draft, { type: 'run.cancelled' }, now);
  const error = draft.failing ?? requiredFailure(draft);
  emit(draft, error ? { type: 'run.failed', error } : { type: 'run.succeeded' }, now);
}

function requiredFailure(draft: Draft): TaskError | null {
  const failed = draft.tasks.find(
    (task) => task && isTaskFailure(task.status) && outcomes.stageOf(draft, task.index).required,
  );
  return failed?.error ?? null;
}
