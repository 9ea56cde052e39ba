import { z } from 'zod';
import type { Actor } from '#server/identity/actor.ts';
import type { SessionView } from '#server/identity/sessions.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, pageOf } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject({ ...pageFields, limit: pageFields.limit.unwrap().default(200) });

export interface OwnSession extends SessionView {
  /** The one that asks. */
  isCurrent: boolean;
}

/** One's own, the one that was used last first. */
export async function listSessions(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<OwnSession>> {
  const { userId, sessionId } = personOf(actor);
  const page = parseInput(listSchema, input);
  const sessions = await services.identity.sessions.list(userId);
  return pageOf(
    sessions.map((session) => ({ ...session, isCurrent: session.id === sessionId })),
    { ...page, list: 'sessions', order: 'desc', cursors: services.cursors },
    ({ lastSeenAt, id }) => [lastSeenAt.getTime(), id],
  );
}
