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

export const lookOfRun = (status: RunStatus): Look => RUN[status];
export const lookOfTask = (status: TaskStatus): Look => TASK[status];
