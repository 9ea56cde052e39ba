import type { Measurement } from './plan.ts';
import { percentile } from './statistics.ts';

export interface Sample {
  atMs: number;
  value: number;
}

/** The three figures that say whether something stays as it is over time. */
export const SERIES_PARTS = ['first half', 'second half', 'slope'] as const;

/** `name: first half`, `name: second half` and `name: slope`, the last in the unit a minute. */
export function toSeriesMeasurements(name: string, unit: string, samples: readonly Sample[]): Measurement[] {
  const middle = Math.ceil(samples.length / 2);
  const valuesOf = (some: readonly Sample[]) => some.map(({ value }) => value);
  const parts: [part: (typeof SERIES_PARTS)[number], unit: string, values: number[]][] = [
    ['first half', unit, valuesOf(samples.slice(0, middle))],
    ['second half', unit, valuesOf(samples.slice(middle))],
    ['slope', `${unit}/min`, samples.length > 1 ? [slopePerMinute(samples)] : []],
  ];
  return parts
    .filter(([, , values]) => values.length > 0)
    .map(([part, partUnit, values]) => ({ metric: `${name}: ${part}`, unit: partUnit, values }));
}

/** The median of the slopes between all pairs: one odd sample does not bend it, as it would a fitted line. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const slopes: number[] = [];
  for (const [at, one] of samples.entries()) {
    for (const other of samples.slice(at + 1)) {
      slopes.push((other.value - one.value) / ((other.atMs - one.atMs) / 60_000));
    }
  }
  return percentile(slopes, 0.5);
}
