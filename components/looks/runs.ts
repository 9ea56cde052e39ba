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

const RUN: Record<RunStatus, Look> = {
  running: { label: 'Running', tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  paused: { label: 'Paused', tone: 'hold', icon: CirclePause, pattern: 'striped' },
  cancelling: { label: 'Cancelling', tone: 'warn', icon: Hourglass, pattern: 'striped' },
  succeeded: { label: 'Succeeded', tone: 'good', icon: Check, pattern: 'solid' },
  failed: { label: 'Failed', tone: 'bad', icon: X, pattern: 'crossed' },
  cancelled: { label: 'Cancelled', tone: 'idle', icon: Ban, pattern: 'solid' },
};

const TASK: Record<TaskStatus, Look> = {
  pending: { label: 'Waiting', tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  ready: { label: 'Ready', tone: 'warn', icon: Clock, pattern: 'outline' },
  queued: { label: 'Queued', tone: 'idle', icon: Hourglass, pattern: 'striped' },
  running: { label: 'Running', tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  retrying: { label: 'Retrying', tone: 'warn', icon: RotateCw, pattern: 'striped' },
  succeeded: { label: 'Succeeded', tone: 'good', icon: Check, pattern: 'solid' },
  failed: { label: 'Failed', tone: 'bad', icon: X, pattern: 'crossed' },
  skipped: { label: 'Skipped', tone: 'idle', icon: SkipForward, pattern: 'dotted' },
  cancelled: { label: 'Cancelled', tone: 'idle', icon: Ban, pattern: 'solid' },
};

const ATTEMPT: Readonly<Record<string, Look>> = {
  running: TASK.running,
  succeeded: TASK.succeeded,
  failed: TASK.failed,
  cancelled: TASK.cancelled,
  lost: { label: 'Lost', tone: 'warn', icon: RotateCw, pattern: 'striped' },
  released: { label: 'Given back', tone: 'idle', icon: CircleDashed, pattern: 'dotted' },
};

/** One hand-out of a task: it may also be lost with its agent, or given back. */
export const lookOfAttempt = (state: string): Look =>
  Object.hasOwn(ATTEMPT, state) ? (ATTEMPT[state] ?? TASK.queued) : { ...TASK.queued, label: state };
export const lookOfRun = (status: RunStatus): Look => RUN[status];
export const lookOfTask = (status: TaskStatus): Look => TASK[status];

const SKIPPED: Record<string, string> = {
  'condition-false': 'its condition was false',
  'branch-not-taken': 'the run went another way',
  'upstream-failed': 'a stage before it failed',
  'run-failing': 'the run had failed by then',
  'left-out': 'only another stage was to run',
};

/** Why a stage was passed over, as a sentence. */
export const saySkipped = (why: string): string => `Skipped: ${SKIPPED[why] ?? why.replaceAll('-', ' ')}.`;
