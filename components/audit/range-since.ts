import { toMinute } from '../ui/filter/index.ts';

/** When a range was chosen: "the last hour" reaches back from then, and what is listed does not move away meanwhile. */
export interface Chosen {
  range: string | null;
  now: number;
}

export const choose = (range: string | null, now: number): Chosen => ({ range, now: toMinute(now) });

/** Another range, by the address too, was chosen just now. */
export const chosenBy = (before: Chosen, range: string | null, readTime: () => number): Chosen =>
  before.range === range ? before : choose(range, readTime());
