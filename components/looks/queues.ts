import { ArrowRightLeft, CircleDashed, Hourglass, OctagonX } from 'lucide-react';
import type { Look } from '../ui/status.tsx';

export const QUEUE_STATES = ['empty', 'flowing', 'slow', 'stuck'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

const QUEUE: Record<QueueState, Look> = {
  empty: { label: 'Empty', tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  flowing: { label: 'Flowing', tone: 'good', icon: ArrowRightLeft, pattern: 'solid' },
  slow: { label: 'Slow', tone: 'warn', icon: Hourglass, pattern: 'striped' },
  stuck: { label: 'Nobody takes', tone: 'bad', icon: OctagonX, pattern: 'crossed' },
};

export const lookOfQueue = (state: QueueState): Look => QUEUE[state];
