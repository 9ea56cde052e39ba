/**
 * How often a duration came up, by its order of magnitude: each bucket's upper end is 8 % above its lower one. Two of
 * them are added by adding their counts, so a percentile of any stretch of time is as good as one of an hour: at most
 * 4 % off (`MAX_ERROR`), since what is answered lies between the ends of the bucket that holds the true value.
 */
export type Histogram = Map<number, number>;

const GROWTH = 1.08;
const LOG_GROWTH = Math.log(GROWTH);
/** Some 700 years. */
const MAX_BUCKET = 400;

export const MAX_ERROR = (GROWTH - 1) / (GROWTH + 1);

/** What took less than a millisecond is in bucket 0. */
export function bucketOf(durationMs: number): number {
  if (!(durationMs >= 1)) return 0;
  return Math.min(MAX_BUCKET, Math.floor(Math.log(durationMs) / LOG_GROWTH) + 1);
}

/** Equally far from both ends of the bucket, as shares of them. */
export function durationOf(bucket: number): number {
  return bucket === 0 ? 0 : (2 * GROWTH ** bucket) / (GROWTH + 1);
}

export function count(histogram: Histogram, durationMs: number): void {
  addTo(histogram, bucketOf(durationMs), 1);
}

export function addTo(histogram: Histogram, bucket: number, times: number): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + times);
}

export function merge(into: Histogram, from: Histogram): void {
  for (const [bucket, times] of from) addTo(into, bucket, times);
}

export interface Spread {
  count: number;
  /** Milliseconds; null when nothing was counted. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** By nearest rank: the smallest value that so large a share of all is not above. */
export function spreadOf(histogram: Histogram): Spread {
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, times]) => sum + times, 0);
  const at = (share: number): number | null => {
    let left = Math.ceil(share * total);
    for (const [bucket, times] of buckets) {
      left -= times;
      if (left <= 0) return Math.round(durationOf(bucket));
    }
    return null;
  };
  return { count: total, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
