import type { Json } from '../json.ts';
import { isRunOver, isTaskHeld, isTaskOver, isTaskQueued, isTaskUntouched } from '../statuses.ts';
import type { RunEvent, TaskError } from './events.ts';
import { type RunState, type TaskState, untouchedTask } from './state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A run being changed: a shallow copy of its state whose tasks are replaced, never edited, so the state that it
 * was opened from stays as it was. `unblocked` collects tasks whose upstream has just settled.
 */
export interface Draft extends Omit<Mutable<RunState>, 'tasks' | 'waitsFor'> {
  tasks: (TaskState | undefined)[];
  waitsFor: number[];
  touched: Set<number>;
  unblocked: number[];
  events: RunEvent[];
  /** What the tasks handed out in this draft are given. */
  inputs: Map<number, Json>;
  /** Attempts that ended while their task goes on. */
  ended: EndedAttempt[];
}

export interface EndedAttempt {
  task: TaskState;
  how: 'failed' | 'lost' | 'released';
  error: TaskError | null;
}

export function openDraft(state: RunState): Draft {
  return {
    ...state,
    tasks: state.tasks.slice(),
    waitsFor: state.waitsFor.slice(),
    touched: new Set(),
    unblocked: [],
    events: [],
    inputs: new Map(),
    ended: [],
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

const RESTING = { agent: null, queue: null, dueAt: null, stopBy: null, queueBy: null, wait: null };
/** Left on a task that has ended: who did it stays. */
const ENDED = { queue: null, dueAt: null, stopBy: null, queueBy: null, wait: null };

/** How long a task that waits is left alone before it is offered again without any other cause. */
export const RECHECK_MS = 15_000;

type TaskEvent = Exclude<RunEvent, { type: `run.${string}` }>;

/** The one place where an event becomes state; `decide`, the loader's check and the auditor all fold with it. */
export function evolve(draft: Draft, event: RunEvent, at: number, output?: Json): void {
  if ('task' in event && event.type !== 'run.failing') evolveTask(draft, event, at, output);
  else evolveRun(draft, event, at);
}

function evolveRun(draft: Draft, event: RunEvent, at: number): void {
  switch (event.type) {
    case 'run.started':
      draft.startedAt = at;
      wakeBy(draft, draft.deadlineAt);
      return;
    case 'run.paused':
      draft.status = 'paused';
      return;
    case 'run.resumed':
      draft.status = 'running';
      return;
    case 'run.failing':
      draft.failing = event.error;
      draft.deadlineAt = null;
      return;
    case 'run.cancelling':
      draft.status = 'cancelling';
      draft.forceAt = event.forceAt;
      wakeBy(draft, event.forceAt);
      return;
    case 'run.succeeded':
      endRun(draft, 'succeeded', at);
      return;
    case 'run.failed':
      draft.error = event.error;
      endRun(draft, 'failed', at);
      return;
    case 'run.cancelled':
      endRun(draft, 'cancelled', at);
      return;
    default:
      throw new Error(`not an event of a run: ${event.type}`);
  }
}

function endRun(draft: Draft, status: RunState['status'], at: number): void {
  draft.status = status;
  draft.finishedAt = at;
  draft.wakeAt = null;
  draft.forceAt = null;
}

function evolveTask(draft: Draft, event: TaskEvent, at: number, output: Json | undefined): void {
  switch (event.type) {
    case 'task.ready':
      setTask(draft, event.task, {
        ...RESTING,
        status: 'ready',
        readyAt: at,
        wait: event.wait,
        queueBy: event.queueBy ?? null,
        dueAt: at + RECHECK_MS,
      });
      return;
    case 'task.waiting':
      setTask(draft, event.task, { wait: event.wait, dueAt: at + RECHECK_MS });
      return;
    case 'task.queued':
    case 'task.started':
      handOut(draft, event, at);
      return;
    case 'task.progressed':
      setTask(draft, event.task, { progress: event.progress });
      return;
    default:
      evolveEnding(draft, event, at, output);
  }
}

function handOut(draft: Draft, event: RunEvent & { type: 'task.queued' | 'task.started' }, at: number): void {
  const before = taskOf(draft, event.task);
  const sameHandOut = isTaskQueued(before.status) && before.epoch === event.epoch;
  const common = {
    epoch: event.epoch,
    attempt: sameHandOut ? before.attempt : before.attempt + 1,
    readyAt: isTaskUntouched(before.status) ? at : before.readyAt,
    wait: null,
    error: null,
    progress: 0,
  };
  if (event.type === 'task.queued') {
    const queueBy = event.queueBy ?? before.queueBy;
    setTask(draft, event.task, {
      ...common,
      status: 'queued',
      queue: event.queue,
      agent: null,
      dueAt: event.redeliverAt,
      queueBy,
      stopBy: null,
    });
    return;
  }
  setTask(draft, event.task, {
    ...common,
    status: 'running',
    agent: event.agent,
    startedAt: at,
    dueAt: event.leaseUntil,
    stopBy: event.stopBy,
    queueBy: null,
    routing: event.routing ?? null,
  });
}

function evolveEnding(draft: Draft, event: TaskEvent, at: number, output: Json | undefined): void {
  switch (event.type) {
    case 'task.succeeded':
      setTask(draft, event.task, {
        ...ENDED,
        status: 'succeeded',
        finishedAt: at,
        progress: 1,
        output,
        error: null,
      });
      return;
    case 'task.reused':
      setTask(draft, event.task, {
        ...ENDED,
        status: 'succeeded',
        readyAt: at,
        finishedAt: at,
        progress: 1,
        output,
      });
      return;
    case 'task.retrying':
      draft.ended.push({ task: taskOf(draft, event.task), how: 'failed', error: event.error });
      setTask(draft, event.task, {
        ...ENDED,
        status: 'retrying',
        error: event.error,
        dueAt: event.dueAt,
        wait: { code: 'retry-timer' },
      });
      return;
    case 'task.lost':
      draft.ended.push({ task: taskOf(draft, event.task), how: 'lost', error: event.error });
      giveBack(draft, event.task, at, { losses: taskOf(draft, event.task).losses + 1, error: event.error });
      return;
    case 'task.released':
      draft.ended.push({ task: taskOf(draft, event.task), how: 'released', error: null });
      giveBack(draft, event.task, at, {});
      return;
    case 'task.failed':
      setTask(draft, event.task, { ...ENDED, status: 'failed', finishedAt: at, error: event.error });
      return;
    case 'task.skipped':
      setTask(draft, event.task, { ...RESTING, status: 'skipped', finishedAt: at, skip: event.reason });
      return;
    case 'task.cancelled':
      setTask(draft, event.task, { ...ENDED, status: 'cancelled', finishedAt: at });
      return;
    default:
      throw new Error(`not an event of a task: ${event.type}`);
  }
}

/** The attempt did not count: the task is ready again and the budget is as before. */
function giveBack(draft: Draft, index: number, at: number, change: Partial<TaskState>): void {
  const before = taskOf(draft, index);
  setTask(draft, index, {
    ...RESTING,
    status: 'ready',
    attempt: before.attempt - 1,
    readyAt: at,
    dueAt: at + RECHECK_MS,
    wait: { code: 'agents-full' },
    ...change,
  });
}

export function emit(draft: Draft, event: RunEvent, at: number, output?: Json): void {
  draft.seq += 1;
  draft.events.push(event);
  evolve(draft, event, at, output);
}

/** Moves the wake-up time to what is really next, after everything due has been handled. */
export function resetWake(draft: Draft): void {
  draft.wakeAt = null;
  if (isRunOver(draft.status)) return;
  wakeBy(draft, draft.deadlineAt);
  wakeBy(draft, draft.forceAt);
  for (const task of draft.tasks) {
    if (!task || isTaskOver(task.status)) continue;
    wakeBy(draft, task.dueAt);
    wakeBy(draft, task.queueBy);
    if (isTaskHeld(task.status)) wakeBy(draft, task.stopBy);
  }
}
