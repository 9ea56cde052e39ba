import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId, UserId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { NewSession } from '#server/identity/sessions.ts';
import type { Services } from '../context.ts';

export interface SignedIn {
  session: NewSession;
  actor: Actor;
}

/** A new session for somebody who has proved who they are; the one that the browser had before ends with it. */
export async function openSession(
  services: Services,
  asked: Actor,
  who: { userId: UserId; orgId: OrgId; how: string },
): Promise<SignedIn> {
  const { from, sessionId: instead } = asked;
  return greet(services, asked, await services.identity.signIn({ ...who, from, instead }));
}

/** Tells everybody who serves the session that has ended. */
export async function greet(
  services: Services,
  asked: Actor,
  session: NewSession | undefined,
): Promise<SignedIn> {
  // Removed in the moment between.
  if (!session) throw wrongCredentials();
  if (asked.sessionId !== null) await services.identity.access.changed(asked.sessionId);
  return { session, actor: session.actor };
}

/** The same whatever was wrong: who has an account is nobody's business. */
export function wrongCredentials(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'E-mail or password is wrong.', {
    advice: 'Try again, or ask an owner for a new invitation.',
  });
}
