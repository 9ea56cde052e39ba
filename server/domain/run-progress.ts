import type { RunEvent } from './engine/events.ts';
import { isTaskOver, isTaskSkipped, isTaskSuccess, type TaskStatus } from './statuses.ts';

/** How far each task of a run is: just enough to say how far the run is, kept up by its events. */
export interface RunProgress {
  /** The number of the last event that is in it. */
  seq: number;
  /** By place; a place that is missing has not been touched. */
  tasks: Map<number, TaskProgress>;
  /** Tasks of the run. */
  total: number;
}

export interface TaskProgress {
  status: TaskStatus;
  /** 0 to 1. */
  progress: number;
  skip: string | null;
}

export interface ProgressFigures {
  /** The first stage that was touched and is not over; null when none is. */
  currentStage: number | null;
  completedStages: number[];
  /** 0 to 1. */
  progress: number;
}

type TaskEvent = Exclude<RunEvent, { type: `run.${string}` }>;

/** Whether the event is about one task, and not about the run as a whole. */
export function isTaskEvent(event: RunEvent): event is TaskEvent {
  return event.type.startsWith('task.');
}

/** What an event makes of its task, as far as progress goes; null when it leaves that as it was. */
export function taskProgressAfter(event: TaskEvent): Pick<TaskProgress, 'status' | 'progress'> {
  // status-words: this is where an event becomes one, for those who have only the events
  switch (event.type) {
    case 'task.ready':
    case 'task.waiting':
    case 'task.lost':
    case 'task.released':
      return { status: 'ready', progress: 0 };
    case 'task.queued':
      return { status: 'queued', progress: 0 };
    case 'task.started':
      return { status: 'running', progress: 0 };
    case 'task.progressed':
    case 'task.standing-by':
    case 'task.went-on':
      return { status: 'running', progress: event.progress };
    case 'task.succeeded':
    case 'task.reused':
      return { status: 'succeeded', progress: 1 };
    case 'task.retrying':
      return { status: 'retrying', progress: 0 };
    case 'task.failed':
      return { status: 'failed', progress: 0 };
    case 'task.skipped':
      return { status: 'skipped', progress: 0 };
    case 'task.cancelled':
      return { status: 'cancelled', progress: 0 };
  }
}

/** Takes one event in. One that is in it already changes nothing. */
export function advance(progress: RunProgress, seq: number, event: RunEvent): void {
  if (seq <= progress.seq) return;
  progress.seq = seq;
  if (!isTaskEvent(event)) return;
  const skip = event.type === 'task.skipped' ? event.reason : null;
  progress.tasks.set(event.task, { ...taskProgressAfter(event), skip });
}

/** Skipped because of a choice is done; skipped because something failed is not. */
export function isStageDone({ status, skip }: Pick<TaskProgress, 'status' | 'skip'>): boolean {
  if (isTaskSuccess(status)) return true;
  // status-words: reasons for a skip
  return isTaskSkipped(status) && skip !== 'upstream-failed' && skip !== 'run-failing';
}

export function figuresOf({ tasks, total }: RunProgress): ProgressFigures {
  let done = 0;
  let currentStage: number | null = null;
  const completedStages: number[] = [];
  for (const [place, task] of tasks) {
    const isOver = isTaskOver(task.status);
    done += isOver ? 1 : task.progress;
    if (isStageDone(task)) completedStages.push(place);
    if (!isOver && (currentStage === null || place < currentStage)) currentStage = place;
  }
  completedStages.sort((a, b) => a - b);
  return { currentStage, completedStages, progress: total === 0 ? 1 : done / total };
}
