import {
  Ban,
  Check,
  CircleDashed,
  CirclePause,
  Clock,
  Hourglass,
  LoaderCircle,
  RotateCw,
  SkipForward,
  X,
} from 'lucide-react';
import type { RunStatus, TaskStatus } from '../../server/domain/statuses.ts';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

const RUN: Record<RunStatus, Look> = {
  running: { label: words.runs.running, tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  paused: { label: words.runs.paused, tone: 'hold', icon: CirclePause, pattern: 'barred' },
  cancelling: { label: words.runs.cancelling, tone: 'warn', icon: Hourglass, pattern: 'striped' },
  succeeded: { label: words.runs.succeeded, tone: 'good', icon: Check, pattern: 'solid' },
  failed: { label: words.runs.failed, tone: 'bad', icon: X, pattern: 'crossed' },
  cancelled: { label: words.runs.cancelled, tone: 'idle', icon: Ban, pattern: 'halved' },
};

const TASK: Record<TaskStatus, Look> = {
  pending: { label: words.tasks.pending, tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  ready: { label: words.tasks.ready, tone: 'warn', icon: Clock, pattern: 'ruled' },
  queued: { label: words.tasks.queued, tone: 'idle', icon: Hourglass, pattern: 'striped' },
  running: { label: words.tasks.running, tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  retrying: { label: words.tasks.retrying, tone: 'warn', icon: RotateCw, pattern: 'barred' },
  succeeded: { label: words.tasks.succeeded, tone: 'good', icon: Check, pattern: 'solid' },
  failed: { label: words.tasks.failed, tone: 'bad', icon: X, pattern: 'crossed' },
  skipped: { label: words.tasks.skipped, tone: 'idle', icon: SkipForward, pattern: 'dotted' },
  cancelled: { label: words.tasks.cancelled, tone: 'idle', icon: Ban, pattern: 'halved' },
};

const ATTEMPT: Readonly<Record<string, Look>> = {
  running: TASK.running,
  succeeded: TASK.succeeded,
  failed: TASK.failed,
  cancelled: TASK.cancelled,
  lost: { label: words.attempts.lost, tone: 'warn', icon: RotateCw, pattern: 'striped' },
  released: { label: words.attempts.released, tone: 'idle', icon: CircleDashed, pattern: 'dotted' },
};

/** One hand-out of a task: it may also be lost with its agent, or given back. */
export const lookOfAttempt = (state: string): Look =>
  Object.hasOwn(ATTEMPT, state) ? (ATTEMPT[state] ?? TASK.queued) : { ...TASK.queued, label: state };
export const lookOfRun = (status: RunStatus): Look => RUN[status];
export const lookOfTask = (status: TaskStatus): Look => TASK[status];

/** Why a stage was passed over, as a sentence. */
export const saySkipped = (why: string): string => words.skipped(why);
