import type { AgentState } from '#server/domain/routing.ts';
import type { TaskStatus } from '#server/domain/statuses.ts';

/** The API's words for a task, which were there before ours. */
export type TaskWord = 'pending' | 'running' | 'completed' | 'failed' | 'retrying';

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

/** A stage that was passed over by a choice is done; one that could not run because something failed is not. */
export function taskWord({ status, skip }: { status: TaskStatus; skip: string | null }): TaskWord {
  // status-words: reasons for a skip
  return skip === 'upstream-failed' || skip === 'run-failing' ? 'failed' : TASK_WORD[status];
}

export const AGENT_WORD: Record<AgentState, string> = {
  online: 'active',
  busy: 'active',
  draining: 'draining',
  paused: 'paused',
  stale: 'stale',
  offline: 'offline',
  quarantined: 'quarantined',
};
