import { CircleCheck, CircleDot, EyeOff, RotateCcw } from 'lucide-react';
import type { Answer } from '../data/index.ts';
import type { Look } from '../ui/status.tsx';
import { words } from './words.ts';

export type ErrorGroup = Answer<'analytics.errors'>['groups'][number];

const { statuses, back } = words.errors;
const LOOKS: Record<ErrorGroup['status'], Look> = {
  open: { label: statuses.open, tone: 'bad', icon: CircleDot, pattern: 'crossed' },
  resolved: { label: statuses.resolved, tone: 'good', icon: CircleCheck, pattern: 'solid' },
  ignored: { label: statuses.ignored, tone: 'idle', icon: EyeOff, pattern: 'dotted' },
};
const BACK: Look = { label: back, tone: 'warn', icon: RotateCcw, pattern: 'striped' };

export const lookOfError = ({ status, is_back }: ErrorGroup): Look => (is_back ? BACK : LOOKS[status]);

/** Kinds of decisions that make sense on it now. */
export const decisionsOn = ({ status }: ErrorGroup): ErrorGroup['status'][] =>
  (['resolved', 'ignored', 'open'] as const).filter((decision) => decision !== status);
