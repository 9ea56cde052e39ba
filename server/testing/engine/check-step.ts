import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '#server/domain/engine/decide.ts';
import type { RunEvent } from '#server/domain/engine/events.ts';
import { type Draft, evolve, openDraft, taskOf } from '#server/domain/engine/evolve.ts';
import type { DecideContext } from '#server/domain/engine/happenings.ts';
import type { RunState, TaskState } from '#server/domain/engine/state.ts';
import {
  isRunCancelling,
  isRunOver,
  isRunPaused,
  isTaskHeld,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskRetrying,
  isTaskUntouched,
  type RunStatus,
  type TaskStatus,
} from '#server/domain/statuses.ts';
import { judgeAsOracle } from './oracle.ts';

/** What is remembered of a run from step to step, to hold the next one against. */
export interface Ledger {
  /** The run as its events alone tell it. */
  folded: RunState;
  /** `task epoch` of hand-outs whose end has been written. */
  ended: Set<string>;
  /** The latest moment of any step: a clock may go back. */
  latest: number;
  runSteps: Set<`${RunStatus} ${RunStatus}`>;
  taskSteps: Set<`${TaskStatus} ${TaskStatus}`>;
}

export function createLedger(unborn: RunState): Ledger {
  return { folded: unborn, ended: new Set(), latest: 0, runSteps: new Set(), taskSteps: new Set() };
}

interface Step {
  before: RunState;
  decision: Decision;
  context: Pick<DecideContext, 'now' | 'defaults'>;
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`an invariant is broken: ${what}`);
}

/** Everything that is true of every step of every run, whatever happened. Throws with what is not. */
export function checkStep(ledger: Ledger, { before, decision, context }: Step): void {
  const { state, events } = decision;
  must(state.seq === before.seq + events.length, 'the sequence is dense');
  if (isRunOver(before.status)) must(events.length + decision.touched.size === 0, 'a run that is over rests');
  ledger.latest = Math.max(ledger.latest, context.now);
  foldEvents(ledger, decision, context.now);
  const told = factsOf(ledger.folded);
  const is = factsOf(state);
  if (!isDeepStrictEqual(told, is)) {
    throw new Error(`the events do not tell the state:\n${JSON.stringify(told)}\n${JSON.stringify(is)}`);
  }
  checkCounts(state);
  checkWake(state, ledger.latest);
  state.tasks.forEach((task, index) => {
    const was = before.tasks[index];
    if (task !== was) must(decision.touched.has(index), `the change of task ${index} is told`);
    if (was && isTaskOver(was.status)) must(task === was, `task ${index} is over and stays as it is`);
    if (task) checkTask(state, task, { was, maxLosses: context.defaults.maxLosses });
    if (task && task !== was) checkTimes(state, task);
  });
  for (const event of events) {
    const handsOut = event.type === 'task.queued' || event.type === 'task.started';
    const known = handsOut && before.tasks[event.task]?.epoch === event.epoch;
    if (handsOut && !known) must(decision.inputs.has(event.task), 'what is handed out has its input');
  }
}

function foldEvents(ledger: Ledger, { events, state }: Decision, now: number): void {
  const draft = openDraft(ledger.folded, now);
  for (const event of events) {
    const runWas = draft.status;
    const taskWas = 'task' in event && event.task !== undefined ? taskOf(draft, event.task) : null;
    if (taskWas) checkEvent(ledger, draft, { event, task: taskWas, tasks: state.tasks });
    draft.seq += 1;
    evolve(draft, event);
    if (draft.status !== runWas) ledger.runSteps.add(`${runWas} ${draft.status}`);
    const taskIs = taskWas && taskOf(draft, taskWas.index);
    if (taskWas && taskIs && taskIs.status !== taskWas.status)
      ledger.taskSteps.add(`${taskWas.status} ${taskIs.status}`);
  }
  const {
    touched: _t,
    events: _e,
    inputs: _i,
    ended: _n,
    unblocked: _u,
    now: _w,
    reading: _r,
    ...folded
  } = draft;
  ledger.folded = folded;
}

const ENDINGS = new Set<RunEvent['type']>([
  'task.succeeded',
  'task.retrying',
  'task.lost',
  'task.released',
  'task.failed',
  'task.cancelled',
]);

/** Of a task that agents give back again and again. */
const LONGEST_PAUSE_MS = 60_000;

interface Told {
  event: RunEvent;
  task: TaskState;
  tasks: RunState['tasks'];
}

function checkEvent(ledger: Ledger, draft: Draft, { event, task, tasks }: Told): void {
  if (event.type === 'task.queued' || event.type === 'task.started') {
    must(
      isRunActive(draft, event.type, task),
      'nothing is handed out in a run that is paused or being cancelled',
    );
    must(
      judgeAsOracle({ draft, tasks }, task.index) !== 'skip',
      `task ${task.index} starts only when its upstream lets it`,
    );
    const sameHandOut = isTaskQueued(task.status) && event.epoch === task.epoch;
    must(sameHandOut || event.epoch === task.epoch + 1, 'every hand-out has the next epoch');
  }
  if (event.type === 'task.released' && event.dueAt !== undefined) {
    must(event.dueAt > draft.now, `task ${task.index} pauses after it was given back again`);
    must(event.dueAt <= draft.now + LONGEST_PAUSE_MS, `task ${task.index} is offered again in time`);
  }
  if (event.type === 'task.skipped')
    must(judgeAsOracle({ draft, tasks }, task.index) !== 'run', `task ${task.index} was not to be skipped`);
  const isOut = isTaskHeld(task.status) || isTaskQueued(task.status);
  if (!ENDINGS.has(event.type) || !isOut) return;
  const handOut = `${task.index} ${task.epoch}`;
  must(!ledger.ended.has(handOut), `hand-out ${handOut} ends once`);
  ledger.ended.add(handOut);
}

/** What had been queued before the pause may still be taken from its queue, or sent there again. */
function isRunActive(draft: Draft, type: RunEvent['type'], task: TaskState): boolean {
  if (isRunCancelling(draft.status)) return false;
  return !isRunPaused(draft.status) || (isTaskQueued(task.status) && type !== 'task.waiting');
}

/** What the events tell: all but payloads, leases and what belongs to the row. */
function factsOf(state: RunState): unknown {
  const { graph: _g, wakeAt: _w, revision: _r, stored: _s, tasks, ...facts } = state;
  return {
    ...facts,
    tasks: tasks.map((task) => task && { ...task, dueAt: null, output: undefined, stored: false }),
  };
}

function checkCounts(state: RunState): void {
  const statuses = state.tasks.map((task) => task?.status ?? 'pending');
  const left = statuses.filter((status) => !isTaskOver(status)).length;
  const open = statuses.filter((status) => !isTaskOver(status) && !isTaskUntouched(status)).length;
  must(state.left === left && state.open === open, 'the counts of tasks are right');
  must(isRunOver(state.status) === (left === 0), 'a run is over exactly when all of its tasks are');
  must(isRunOver(state.status) === (state.finishedAt !== null), 'what is over has an end');
  state.graph.incoming.forEach((edges, index) => {
    const waits = edges.filter((edge) => !isTaskOver(statuses[edge.from] ?? 'pending')).length;
    must(state.waitsFor[index] === waits, `task ${index} knows how many it waits for`);
    if (waits === 0 && state.seq > 0)
      must(!isTaskUntouched(statuses[index] ?? 'pending'), `task ${index} has nothing to wait for and waits`);
  });
}

function checkWake(state: RunState, now: number): void {
  if (isRunOver(state.status)) {
    must(state.wakeAt === null, 'nothing is due in a run that is over');
    return;
  }
  const times = [state.deadlineAt, state.forceAt];
  for (const task of state.tasks) if (task) times.push(task.dueAt, task.queueBy, task.stopBy);
  const due = times.filter((at) => at !== null);
  const { wakeAt } = state;
  if (wakeAt === null) {
    must(due.length === 0 && isRunPaused(state.status), 'an open run is looked at again, or is paused');
    return;
  }
  for (const at of due) must(wakeAt <= at, `nothing falls due (${at}) before the wake-up time (${wakeAt})`);
  const waits = state.tasks.some((task) => task && isTaskReady(task.status));
  if (waits && !isRunPaused(state.status))
    must(wakeAt <= now + 15_000, 'what waits is offered again in time');
}

/** As the auditor looks at them: what follows is never written down as earlier. */
function checkTimes(state: RunState, { index, startedAt, finishedAt }: TaskState): void {
  must((finishedAt ?? 0) <= state.movedAt, `task ${index} does not end after its run has moved`);
  if (startedAt === null) return;
  must(startedAt <= (finishedAt ?? startedAt), `task ${index} does not end before it starts`);
  for (const { from } of state.graph.incoming[index] ?? [])
    must(
      (state.tasks[from]?.finishedAt ?? 0) <= startedAt,
      `task ${index} starts after task ${from} has ended`,
    );
}

interface Beside {
  was: TaskState | undefined;
  maxLosses: number;
}

function checkTask(state: RunState, task: TaskState, { was, maxLosses }: Beside): void {
  const { status, index } = task;
  const limit = state.graph.stages[index]?.stage.retry.maxAttempts ?? 0;
  must(task.attempt >= 0 && task.attempt <= limit, `task ${index} keeps to its attempts`);
  must(task.losses < maxLosses, `task ${index} is given up after too many losses`);
  must(task.epoch >= (was?.epoch ?? 0), `the epoch of task ${index} never falls`);
  must(task.progress >= 0 && task.progress <= 1, `the progress of task ${index} is a share`);
  if (isTaskOver(status))
    must(task.dueAt === null && task.queueBy === null, `task ${index} is over, nothing is due`);
  else
    must(task.dueAt !== null || task.wait !== null, `task ${index} has a timer, a lease or a reason to wait`);
  if (isTaskHeld(status))
    must(task.agent !== null && task.stopBy !== null, `task ${index} is held by somebody`);
  if (isTaskQueued(status)) must(task.queue !== null && task.agent === null, `task ${index} is in a queue`);
  if (isTaskReady(status)) {
    must(isRunPaused(state.status) === (task.wait?.code === 'paused'), `task ${index} says why it waits`);
  }
  if (isTaskRetrying(status)) must(task.error !== null, `task ${index} says why it is tried again`);
  if (isRunCancelling(state.status))
    must(isTaskOver(status) || isTaskHeld(status), `task ${index} is stopped or is told to stop`);
}
