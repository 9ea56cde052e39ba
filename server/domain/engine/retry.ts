import type { RetryPolicy } from '../graph/schema.ts';
import type { TaskError } from './events.ts';

/** The pause before attempt `attempt + 1`; `random` (0 to 1) takes the jitter's share off or leaves it. */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const factor = policy.backoff === 'fixed' ? 1 : 2 ** Math.min(attempt - 1, 40);
  const seconds = Math.min(policy.initialSeconds * factor, policy.maxSeconds);
  return Math.round(seconds * 1000 * (1 - policy.jitter * random));
}

export function mayRetry(policy: RetryPolicy, attempt: number, error: TaskError): boolean {
  return attempt < policy.maxAttempts && policy.on.includes(error.class);
}
