import { SignalboxError } from '#server/domain/errors.ts';
import type { SessionId, UserId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';

/** The person behind a session. What is somebody's own needs no right, but needs somebody. */
export function personOf(actor: Actor): { userId: UserId; sessionId: SessionId } {
  const { kind, userId, sessionId } = actor;
  if (kind === 'person' && userId !== null && sessionId !== null) return { userId, sessionId };
  throw new SignalboxError('FORBIDDEN', 'This is about an account of a person, and you use a key.', {
    advice: 'Sign in for it.',
  });
}
