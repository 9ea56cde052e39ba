import type { Browser } from 'playwright-core';
import type { World } from './world.ts';

/** How fast the browser's processor is made to look: as it is, and a quarter of it. */
export const PROFILES = { 'as it is': 1, 'CPU 4x slower': 4 } as const;
export type Profile = keyof typeof PROFILES;

export interface Measurement {
  metric: string;
  unit: 'ms' | 'frames/s' | 'kB' | 'lines/s';
  /** Absent: it is told and not judged. */
  budget?: number;
  values: number[];
}

export interface PanelContext {
  browser: Browser;
  world: World;
  profile: Profile;
  repeats: number;
  /** How long the log is written. */
  logSeconds: number;
  /** How long the history is that the list of runs is measured with. */
  runs: number;
}

/** What is better for being more; all else is better for being less. */
export const isMoreBetter = (unit: Measurement['unit']): boolean => unit === 'frames/s' || unit === 'lines/s';

export function isKept({ unit, budget }: Measurement, value: number): boolean {
  if (budget === undefined) return true;
  return isMoreBetter(unit) ? value >= budget : value <= budget;
}
