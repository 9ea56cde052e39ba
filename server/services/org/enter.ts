import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const enterSchema = z.strictObject({ id: idSchema('org') });

/**
 * The session goes over to another organisation of theirs, in every tab of the browser. What was opened under the one
 * before ends: sockets, streams and waiting requests were let in as somebody else.
 */
export async function enterOrg(
  services: Services,
  actor: Actor,
  input: z.input<typeof enterSchema>,
): Promise<Actor> {
  const { sessionId } = personOf(actor);
  const { id } = parseInput(enterSchema, input);
  const there = await services.identity.sessions.enter(actor, id);
  if (!there) throw notFound('organisation', id);
  await services.identity.access.changed(sessionId);
  return there;
}
