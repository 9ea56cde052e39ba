import { type Judged, judgeQueue } from './judge-queue.ts';

export interface Listing {
  /** One that somebody came for is shown though it be empty by now. */
  only: string | null;
  showsEmpty: boolean;
  /** Those that had something since the page was opened: they stay, so that rows do not come and go under a pointer. */
  kept: ReadonlySet<string>;
}

/** What is empty now may flow in a moment, so both have one rank. */
const RANKS = { stuck: 0, slow: 1, flowing: 2, empty: 2 } as const;

export function listQueues<Q extends Judged & { queue: string }>(
  queues: readonly Q[],
  { only, showsEmpty, kept }: Listing,
): Q[] {
  const isWanted = (queue: Q) =>
    only === null ? showsEmpty || hasWork(queue) || kept.has(queue.queue) : queue.queue === only;
  return queues
    .filter(isWanted)
    .sort((a, b) => RANKS[judgeQueue(a)] - RANKS[judgeQueue(b)] || a.queue.localeCompare(b.queue));
}

export const hasWork = (queue: Judged): boolean => judgeQueue(queue) !== 'empty';
