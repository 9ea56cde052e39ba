import type { Actor } from '#server/identity/actor.ts';
import type { SessionView } from '#server/identity/sessions.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';

export interface OwnSession extends SessionView {
  /** The one that asks. */
  isCurrent: boolean;
}

/** One's own. */
export async function listSessions(services: Services, actor: Actor): Promise<OwnSession[]> {
  const { userId, sessionId } = personOf(actor);
  const sessions = await services.identity.sessions.list(userId);
  return sessions.map((session) => ({ ...session, isCurrent: session.id === sessionId }));
}
