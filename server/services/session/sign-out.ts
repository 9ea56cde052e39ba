import type { Actor } from '#server/identity/actor.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';

/** Ends the session that asks, everywhere and at once. */
export async function signOut(services: Services, actor: Actor): Promise<void> {
  const { userId, sessionId } = personOf(actor);
  await services.identity.sessions.end(userId, sessionId);
  await services.identity.access.changed(sessionId);
  await services.record(actor, 'session.ended', { target: sessionId });
}
