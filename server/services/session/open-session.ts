import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId, UserId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { NewSession } from '#server/identity/sessions.ts';
import type { Services } from '../context.ts';

export interface SignedIn {
  session: NewSession;
  actor: Actor;
}

/** A new session for somebody who has proved who they are; the one that the browser had before ends. */
export async function openSession(
  services: Services,
  asked: Actor,
  who: { userId: UserId; orgId: OrgId; how: string },
): Promise<SignedIn> {
  const { address, userAgent } = asked.from;
  const session = await services.identity.signIn({ ...who, address, userAgent });
  return settleSession(services, asked, session);
}

export async function settleSession(
  services: Services,
  asked: Actor,
  session: NewSession,
): Promise<SignedIn> {
  const actor = await services.identity.authenticate({ session: session.token, from: asked.from });
  // Removed in the moment between.
  if (!actor) throw wrongCredentials();
  if (asked.userId !== null && asked.sessionId !== null) {
    await services.identity.sessions.end(asked.userId, asked.sessionId);
    await services.identity.access.changed(asked.sessionId);
  }
  await services.record(actor, 'session.opened', { target: session.id });
  return { session, actor };
}

/** The same whatever was wrong: who has an account is nobody's business. */
export function wrongCredentials(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'E-mail or password is wrong.', {
    advice: 'Try again, or ask an owner for a new invitation.',
  });
}
