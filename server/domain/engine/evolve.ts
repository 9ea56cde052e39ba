import type { Json } from '../json.ts';
import {
  canRunStep,
  canTaskStep,
  isRunOver,
  isRunPaused,
  isTaskHeld,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskUntouched,
} from '../statuses.ts';
import type { RunEvent, TaskError, Wait } from './events.ts';
import { NO_LARGE_VALUES, type Reading } from './large-values.ts';
import { type RunState, type TaskState, untouchedTask } from './state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A run being changed: a shallow copy of its state whose tasks are replaced, never edited, so the state that it
 * was opened from stays as it was. `unblocked` collects tasks whose upstream has just settled.
 */
export interface Draft extends Omit<Mutable<RunState>, 'tasks' | 'waitsFor'> {
  tasks: (TaskState | undefined)[];
  waitsFor: number[];
  /** When what is being written down happens. */
  now: number;
  touched: Set<number>;
  unblocked: number[];
  events: RunEvent[];
  /** What the tasks handed out in this draft are given. */
  inputs: Map<number, Json>;
  /** Attempts that ended while their task goes on. */
  ended: EndedAttempt[];
  /** How large values are read. */
  reading: Reading;
}

export interface EndedAttempt {
  task: TaskState;
  how: 'failed' | 'lost' | 'released';
  error: TaskError | null;
}

export function openDraft(state: RunState, now: number, values = NO_LARGE_VALUES): Draft {
  return {
    ...state,
    tasks: state.tasks.slice(),
    waitsFor: state.waitsFor.slice(),
    now,
    touched: new Set(),
    unblocked: [],
    events: [],
    inputs: new Map(),
    ended: [],
    reading: { values, opened: 0 },
  };
}

export function taskOf(draft: Draft, index: number): TaskState {
  return draft.tasks[index] ?? untouchedTask(index);
}

/** Nothing falls due before the earliest moment ever announced; ticks move it forward again. */
export function wakeBy(draft: Draft, at: number | null): void {
  if (at !== null && (draft.wakeAt === null || at < draft.wakeAt)) draft.wakeAt = at;
}

export function setTask(draft: Draft, index: number, change: Partial<TaskState>): void {
  const before = taskOf(draft, index);
  const after = { ...before, ...change };
  if (after.status !== before.status && !canTaskStep(before.status, after.status)) {
    throw new Error(`task ${index} of ${draft.id} cannot go from ${before.status} to ${after.status}`);
  }
  const wasOpen = !isTaskUntouched(before.status) && !isTaskOver(before.status);
  const isOver = isTaskOver(after.status);
  const isOpen = !isTaskUntouched(after.status) && !isOver;
  draft.tasks[index] = after;
  draft.touched.add(index);
  draft.open += Number(isOpen) - Number(wasOpen);
  if (isOver && !isTaskOver(before.status)) settle(draft, index);
  if (isOpen) {
    wakeBy(draft, after.dueAt);
    wakeBy(draft, after.queueBy);
    wakeBy(draft, after.stopBy);
  }
}

function settle(draft: Draft, index: number): void {
  draft.left -= 1;
  for (const edge of draft.graph.outgoing[index] ?? []) {
    const left = (draft.waitsFor[edge.to] ?? 0) - 1;
    draft.waitsFor[edge.to] = left;
    if (left === 0) draft.unblocked.push(edge.to);
  }
}

/** On a task that is in nobody's hands. Who held it last stays: history shows it, and another is better next time. */
const AT_REST = { queue: null, dueAt: null, stopBy: null, queueBy: null, wait: null };

/**
 * How long a task that waits is left alone before it is offered again without any other cause. It is the run that is
 * looked at again: no task of it has a timer of its own, or 10,000 that wait would be 10,000 rows to write each time.
 */
export const RECHECK_MS = 15_000;

/** Of two processes one knows the database's clock better, and a better guess may be an earlier one. */
function momentOf(draft: Draft): number {
  draft.movedAt = Math.max(draft.movedAt, draft.now);
  return draft.movedAt;
}

type TaskEvent = Exclude<RunEvent, { type: `run.${string}` }>;

/** The one place where an event becomes state; `decide` and whoever folds a sequence again both come through it. */
export function evolve(draft: Draft, event: RunEvent, output?: Json): void {
  if ('task' in event && event.type !== 'run.failing') evolveTask(draft, event, output);
  else evolveRun(draft, event);
}

function evolveRun(draft: Draft, event: RunEvent): void {
  switch (event.type) {
    case 'run.started':
      draft.startedAt = momentOf(draft);
      wakeBy(draft, draft.deadlineAt);
      return;
    case 'run.paused':
      stepRun(draft, 'paused');
      return;
    case 'run.resumed':
      stepRun(draft, 'running');
      return;
    case 'run.failing':
      draft.failing = event.error;
      draft.deadlineAt = null;
      return;
    case 'run.cancelling':
      stepRun(draft, 'cancelling');
      // Its end is settled by `forceAt`; a deadline would only fall due again and again.
      draft.deadlineAt = null;
      draft.forceAt = event.forceAt;
      wakeBy(draft, event.forceAt);
      return;
    case 'run.succeeded':
      endRun(draft, 'succeeded');
      return;
    case 'run.failed':
      draft.error = event.error;
      endRun(draft, 'failed');
      return;
    case 'run.cancelled':
      endRun(draft, 'cancelled');
      return;
    default:
      throw new Error(`not an event of a run: ${event.type}`);
  }
}

function stepRun(draft: Draft, to: RunState['status']): void {
  if (draft.status !== to && !canRunStep(draft.status, to)) {
    throw new Error(`${draft.id} cannot go from ${draft.status} to ${to}`);
  }
  draft.status = to;
}

function endRun(draft: Draft, status: RunState['status']): void {
  stepRun(draft, status);
  draft.finishedAt = momentOf(draft);
  draft.wakeAt = null;
  draft.forceAt = null;
}

function evolveTask(draft: Draft, event: TaskEvent, output: Json | undefined): void {
  switch (event.type) {
    case 'task.ready':
      rest(draft, event.task, { wait: event.wait, queueBy: event.queueBy ?? null });
      return;
    case 'task.waiting': {
      const { queueBy } = taskOf(draft, event.task);
      keepWaiting(draft, event.task, { wait: event.wait, queueBy: event.queueBy ?? queueBy });
      return;
    }
    case 'task.queued':
    case 'task.started':
      handOut(draft, event);
      return;
    case 'task.progressed':
      setTask(draft, event.task, { progress: event.progress });
      return;
    case 'task.standing-by':
      setTask(draft, event.task, { wait: event.wait, stopBy: event.stopBy });
      wakeBy(draft, draft.now + RECHECK_MS);
      return;
    case 'task.went-on':
      setTask(draft, event.task, { wait: null, stopBy: event.stopBy });
      return;
    default:
      evolveEnding(draft, event, output);
  }
}

/** Nobody has it, and it could start from now on. */
function rest(draft: Draft, index: number, change: Partial<TaskState>): void {
  keepWaiting(draft, index, { ...AT_REST, status: 'ready', readyAt: momentOf(draft), ...change });
}

/** A paused run holds its tasks back itself, so no clock runs against them; all are offered when it goes on. */
function keepWaiting(draft: Draft, index: number, change: Partial<TaskState>): void {
  if (isRunPaused(draft.status)) {
    setTask(draft, index, { ...change, queueBy: null });
    return;
  }
  setTask(draft, index, change);
  wakeBy(draft, draft.now + RECHECK_MS);
}

function handOut(draft: Draft, event: RunEvent & { type: 'task.queued' | 'task.started' }): void {
  const before = taskOf(draft, event.task);
  const wasQueued = isTaskQueued(before.status);
  const sameHandOut = wasQueued && before.epoch === event.epoch;
  const common = {
    epoch: event.epoch,
    // Nobody has begun what lies in a queue: it is the same attempt, wherever it goes from there.
    attempt: wasQueued ? before.attempt : before.attempt + 1,
    readyAt: wasQueued || isTaskReady(before.status) ? before.readyAt : momentOf(draft),
    wait: null,
    error: null,
    progress: 0,
    routing: event.routing ?? (sameHandOut ? before.routing : null),
  };
  if (event.type === 'task.queued') {
    setTask(draft, event.task, {
      ...common,
      status: 'queued',
      queue: event.queue,
      agent: null,
      dueAt: event.redeliverAt,
      queueBy: event.queueBy ?? before.queueBy,
      stopBy: null,
    });
    return;
  }
  setTask(draft, event.task, {
    ...common,
    status: 'running',
    agent: event.agent,
    startedAt: momentOf(draft),
    dueAt: event.leaseUntil,
    stopBy: event.stopBy,
    queueBy: null,
  });
}

function evolveEnding(draft: Draft, event: TaskEvent, output: Json | undefined): void {
  const { task: index, type } = event;
  switch (type) {
    case 'task.succeeded':
      end(draft, index, { status: 'succeeded', progress: 1, output, error: null });
      return;
    case 'task.reused':
      end(draft, index, { status: 'succeeded', readyAt: momentOf(draft), progress: 1, output });
      return;
    case 'task.retrying': {
      endAttempt(draft, index, { how: 'failed', error: event.error });
      const { dueAt, error } = event;
      waitForTimer(draft, index, { error, dueAt, wait: { code: 'retry-timer' } });
      return;
    }
    case 'task.lost': {
      endAttempt(draft, index, { how: 'lost', error: event.error });
      const losses = taskOf(draft, index).losses + 1;
      giveBack(draft, index, { losses, error: event.error, queueBy: event.queueBy ?? null });
      return;
    }
    case 'task.released':
      endAttempt(draft, index, { how: 'released', error: null });
      if (event.dueAt === undefined) giveBack(draft, index, { queueBy: event.queueBy ?? null });
      else holdBack(draft, index, { dueAt: event.dueAt, error: event.error ?? null });
      return;
    case 'task.failed':
      end(draft, index, { status: 'failed', error: event.error });
      return;
    case 'task.skipped':
      end(draft, index, { status: 'skipped', skip: event.reason });
      return;
    case 'task.cancelled':
      end(draft, index, { status: 'cancelled' });
      return;
    default:
      throw new Error(`not an event of a task: ${type}`);
  }
}

function end(draft: Draft, index: number, change: Partial<TaskState>): void {
  setTask(draft, index, { ...AT_REST, finishedAt: momentOf(draft), ...change });
}

function endAttempt(draft: Draft, index: number, what: Pick<EndedAttempt, 'how' | 'error'>): void {
  draft.ended.push({ task: taskOf(draft, index), ...what });
}

/** The attempt did not count: the task is ready again and the budget is as before. */
function giveBack(draft: Draft, index: number, change: Partial<TaskState>): void {
  const attempt = taskOf(draft, index).attempt - 1;
  const wait: Wait = { code: isRunPaused(draft.status) ? 'paused' : 'agents-full' };
  rest(draft, index, { attempt, progress: 0, wait, ...change });
}

/** As little charged, and on a timer like an attempt that failed. */
function holdBack(draft: Draft, index: number, change: Pick<TaskState, 'dueAt' | 'error'>): void {
  const attempt = taskOf(draft, index).attempt - 1;
  waitForTimer(draft, index, { attempt, progress: 0, wait: { code: 'given-back' }, ...change });
}

/** From now on: when the attempt before it began, and since when that had waited, is the attempt's. */
function waitForTimer(draft: Draft, index: number, change: Partial<TaskState>): void {
  const since = { readyAt: momentOf(draft), startedAt: null };
  setTask(draft, index, { ...AT_REST, ...since, status: 'retrying', ...change });
}

export function emit(draft: Draft, event: RunEvent, output?: Json): void {
  draft.seq += 1;
  draft.events.push(event);
  evolve(draft, event, output);
}

/** Moves the wake-up time to what is really next, after everything due has been handled. */
export function resetWake(draft: Draft): void {
  draft.wakeAt = null;
  if (isRunOver(draft.status)) return;
  wakeBy(draft, draft.deadlineAt);
  wakeBy(draft, draft.forceAt);
  let waiting = false;
  for (const task of draft.tasks) {
    if (!task || isTaskOver(task.status)) continue;
    waiting ||= isTaskReady(task.status) || (isTaskHeld(task.status) && task.wait !== null);
    wakeBy(draft, task.dueAt);
    wakeBy(draft, task.queueBy);
    if (isTaskHeld(task.status)) wakeBy(draft, task.stopBy);
  }
  if (waiting && !isRunPaused(draft.status)) wakeBy(draft, draft.now + RECHECK_MS);
}
