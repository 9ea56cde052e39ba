const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After the first try, the second, …: the schedule that Standard Webhooks advises. It spans three days. */
export const SCHEDULE_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** A tenth more or less, so that what failed together is not tried again together. */
const JITTER = 0.1;

/** How long to wait after a try that failed. Null: that was the last one. */
export function nextDelayMs(triesLeft: number, random: () => number): number | null {
  if (triesLeft <= 0) return null;
  const delay = SCHEDULE_MS[Math.max(0, SCHEDULE_MS.length - triesLeft)] ?? SCHEDULE_MS[0];
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random()));
}
