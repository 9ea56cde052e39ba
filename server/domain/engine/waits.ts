import { isRunPaused, isTaskReady } from '../statuses.ts';
import type { Wait } from './events.ts';
import { type Draft, emit, taskOf } from './evolve.ts';
import { queueLimit } from './outcomes.ts';

export function waitFor(draft: Draft, index: number, wait: Wait): void {
  const task = taskOf(draft, index);
  const isReady = isTaskReady(task.status);
  // Nothing new: no row is written, however often it is asked.
  if (isReady && sameWait(task.wait, wait)) return;
  const limit = isRunPaused(draft.status) ? {} : queueLimit(draft, index);
  if (isReady) emit(draft, { type: 'task.waiting', task: index, wait: begun(draft, index, wait), ...limit });
  else emit(draft, { type: 'task.ready', task: index, wait, ...limit });
}

/** A reason that follows another one has begun now, and not when the task became ready; one whose blockers change goes on. */
export function begun(draft: Draft, index: number, wait: Wait): Wait {
  const { wait: before } = taskOf(draft, index);
  const since = before?.code === wait.code ? before.since : draft.now;
  return since === undefined ? wait : { ...wait, since };
}

export function sameWait(before: Wait | null, after: Wait): boolean {
  return before?.code === after.code && (before.blockers ?? []).join() === (after.blockers ?? []).join();
}
