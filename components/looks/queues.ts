import { ArrowRightLeft, CircleDashed, Hourglass, OctagonX } from 'lucide-react';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

export const QUEUE_STATES = ['empty', 'flowing', 'slow', 'stuck'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

const QUEUE: Record<QueueState, Look> = {
  empty: { label: words.queues.empty, tone: 'idle', icon: CircleDashed, pattern: 'outline' },
  flowing: { label: words.queues.flowing, tone: 'good', icon: ArrowRightLeft, pattern: 'solid' },
  slow: { label: words.queues.slow, tone: 'warn', icon: Hourglass, pattern: 'striped' },
  stuck: { label: words.queues.stuck, tone: 'bad', icon: OctagonX, pattern: 'crossed' },
};

export const lookOfQueue = (state: QueueState): Look => QUEUE[state];
