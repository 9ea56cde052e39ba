import type { SkipReason } from './engine/events.ts';
import { TASK_STATUSES, type TaskStatus } from './statuses.ts';

/** The API's words for a task, which were there before ours. */
export const TASK_WORDS = ['pending', 'running', 'completed', 'failed', 'retrying'] as const;
export type TaskWord = (typeof TASK_WORDS)[number];

const TASK_WORD: Record<TaskStatus, TaskWord> = {
  pending: 'pending',
  ready: 'pending',
  queued: 'pending',
  running: 'running',
  retrying: 'retrying',
  succeeded: 'completed',
  skipped: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

/** Why a task was passed over that could not run because something had failed. */
export const FAILED_BY_OTHERS: readonly SkipReason[] = ['upstream-failed', 'run-failing'];

/** A stage that was passed over by a choice is done; one that could not run because something failed is not. */
export function taskWord({ status, skip }: { status: TaskStatus; skip: string | null }): TaskWord {
  return FAILED_BY_OTHERS.some((reason) => reason === skip) ? 'failed' : TASK_WORD[status];
}

export const statesOf = (word: TaskWord): TaskStatus[] =>
  TASK_STATUSES.filter((status) => TASK_WORD[status] === word);

/** Whether it is asked for what has failed, which others may have done in its place. */
export const asksForFailed = (words: readonly TaskWord[]): boolean =>
  words.some((word) => word === TASK_WORD.failed);
