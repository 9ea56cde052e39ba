import type { ProcessMemory } from '../memory.ts';
import type { ServiceUrls } from '../subject.ts';
import type { Workload } from '../workload.ts';
import type { RunEnd, RunOrder } from './coordinator.ts';

/** What the second process is told. */
export type ToSecond =
  | { type: 'boot'; urls: ServiceUrls }
  | { type: 'start'; runs: RunOrder[] }
  | { type: 'ask'; question: Question }
  | { type: 'stop' };

/** What it says. */
export type FromSecond =
  | { type: 'ready' }
  | { type: 'ended'; ends: RunEnd[] }
  | { type: 'answer'; question: Question; answer: Answers[Question] }
  | { type: 'stopped' }
  | { type: 'failed'; message: string };

/** What it can be asked, and the answers. */
export interface Answers {
  counts: ReturnType<Workload['takeCounts']>;
  memory: ProcessMemory;
}
export type Question = keyof Answers;
