import { Ban, Check, CircleSlash, LoaderCircle, X } from 'lucide-react';
import type { Answer } from '../../data/index.ts';
import type { Look } from '../../ui/status.tsx';
import { type BulkAction, words } from '../words.ts';

type Status = Answer<'bulk.get'>['status'];
type Result = NonNullable<Answer<'bulk.items'>['items'][number]['result']>;

const BULK: Record<Status, Look> = {
  open: { label: words.bulk.open, tone: 'busy', icon: LoaderCircle, pattern: 'moving', turns: true },
  done: { label: words.bulk.done, tone: 'good', icon: Check, pattern: 'solid' },
  aborted: { label: words.bulk.aborted, tone: 'idle', icon: Ban, pattern: 'solid' },
};

const RESULT: Record<Result, Omit<Look, 'label'>> = {
  succeeded: { tone: 'good', icon: Check, pattern: 'solid' },
  skipped: { tone: 'idle', icon: CircleSlash, pattern: 'dotted' },
  failed: { tone: 'bad', icon: X, pattern: 'crossed' },
};

export const lookOfBulk = (status: Status): Look => BULK[status];
/** Whether what was asked for was done to a run. */
export const lookOfResult = (result: Result, action: BulkAction): Look => ({
  ...RESULT[result],
  label: words.bulk.results(action)[result],
});
