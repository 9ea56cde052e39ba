import {
  isRunCancelling,
  isRunOver,
  isTaskFailure,
  isTaskHeld,
  isTaskRetrying,
  isTaskSuccess,
  type RunStatus,
  type TaskStatus,
} from '../../server/domain/statuses.ts';
import type { Tone } from '../ui/status-badge.tsx';

const TASK_LABEL: Record<TaskStatus, string> = {
  pending: 'Waiting',
  ready: 'Ready',
  queued: 'Queued',
  running: 'Running',
  retrying: 'Retrying',
  succeeded: 'Succeeded',
  failed: 'Failed',
  skipped: 'Skipped',
  cancelled: 'Cancelled',
};

const RUN_LABEL: Record<RunStatus, string> = {
  running: 'Running',
  paused: 'Paused',
  cancelling: 'Cancelling',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const RUN_TONE: Record<RunStatus, Tone> = {
  running: 'busy',
  paused: 'warn',
  cancelling: 'warn',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'quiet',
};

export function lookOfTask(status: TaskStatus): { tone: Tone; label: string } {
  return { tone: toneOfTask(status), label: TASK_LABEL[status] };
}

function toneOfTask(status: TaskStatus): Tone {
  if (isTaskSuccess(status)) return 'good';
  if (isTaskFailure(status)) return 'bad';
  if (isTaskHeld(status)) return 'busy';
  if (isTaskRetrying(status)) return 'warn';
  return 'quiet';
}

export function lookOfRun(status: RunStatus): { tone: Tone; label: string } {
  return { tone: RUN_TONE[status], label: RUN_LABEL[status] };
}

export const canCancel = (status: RunStatus): boolean => !isRunOver(status) && !isRunCancelling(status);
export { isRunOver };

/** 950 ms, 4.2 s, 1 min 5 s. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
