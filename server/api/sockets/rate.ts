export interface RateOptions {
  perSecond: number;
  /** What may come at once after a pause. */
  burst: number;
  now(): number;
}

/** False once more has come than may. */
export function createRate({ perSecond, burst, now }: RateOptions): () => boolean {
  let left = burst;
  let at = now();
  return () => {
    const time = now();
    left = Math.min(burst, left + (Math.max(0, time - at) / 1000) * perSecond);
    at = time;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
