import { Ban, Check, CircleSlash, LoaderCircle, X } from 'lucide-react';
import type { Answer } from '../../data/index.ts';
import type { Look } from '../../ui/status.tsx';
import { words } from '../words.ts';

type Status = Answer<'bulk.get'>['status'];
type Result = NonNullable<Answer<'bulk.items'>['items'][number]['result']>;

const BULK: Record<Status, Look> = {
  open: { label: words.bulk.open, tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  done: { label: words.bulk.done, tone: 'good', icon: Check, pattern: 'solid' },
  aborted: { label: words.bulk.aborted, tone: 'idle', icon: Ban, pattern: 'solid' },
};

const RESULT: Record<Result, Look> = {
  succeeded: { label: words.bulk.succeeded, tone: 'good', icon: Check, pattern: 'solid' },
  skipped: { label: words.bulk.skipped, tone: 'idle', icon: CircleSlash, pattern: 'dotted' },
  failed: { label: words.bulk.failed, tone: 'bad', icon: X, pattern: 'crossed' },
};

export const lookOfBulk = (status: Status): Look => BULK[status];
export const lookOfResult = (result: Result): Look => RESULT[result];
