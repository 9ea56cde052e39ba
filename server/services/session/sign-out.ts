import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';

/** Ends the session that asks, everywhere and at once. */
export async function signOut(services: Services, actor: Actor): Promise<void> {
  const { userId, sessionId } = personOf(actor);
  const note = auditNote(actor, 'session.ended', { target: sessionId });
  await services.identity.sessions.end(userId, sessionId, note);
  await services.identity.access.changed(sessionId);
}
