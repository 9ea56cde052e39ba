import type { RetryPolicy } from '../graph/schema.ts';
import type { TaskError } from './events.ts';

/** The pause before attempt `attempt + 1`; `random` (0 to 1) takes the jitter's share off or leaves it. */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const factor = policy.backoff === 'fixed' ? 1 : 2 ** Math.min(attempt - 1, 40);
  const seconds = Math.min(policy.initialSeconds * factor, policy.maxSeconds);
  return Math.round(seconds * 1000 * (1 - policy.jitter * random));
}

/** Agents drain and fill up, so the first few are nobody's fault and cost no time. */
const FREE_RELEASES = 3;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** The pause after a task has been given back for the nth time: who always gives it back must not have it all the time. */
export function releaseDelayMs(releases: number): number {
  const beyond = releases - FREE_RELEASES;
  return beyond <= 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** Math.min(beyond - 1, 10), LONGEST_PAUSE_MS);
}

export function mayRetry(policy: RetryPolicy, attempt: number, error: TaskError): boolean {
  return attempt < policy.maxAttempts && policy.on.includes(error.class);
}
