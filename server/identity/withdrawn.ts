import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from './actor.ts';

/** Why something ends that was still going on when the rights that it began with went. `now`: who they are by now. */
export function withdrawal(now: Actor | undefined): SignalboxError {
  if (now === undefined) {
    return new SignalboxError('UNAUTHENTICATED', 'The session, key or token has ended meanwhile.', {
      advice: 'Sign in again.',
    });
  }
  return new SignalboxError('CONFLICT', 'Your rights have changed meanwhile.', {
    advice: 'Ask again: what you may now holds from the next request on.',
  });
}

/** After every wait: what came meanwhile is not for whoever may not have it any more. */
export function refuseWithdrawn(signal: AbortSignal | undefined): void {
  if (signal?.aborted && signal.reason instanceof SignalboxError) throw signal.reason;
}
