import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const revokeSchema = z.strictObject({ id: idSchema('session') });

/** Signs another browser of one's own out. */
export async function revokeSession(
  services: Services,
  actor: Actor,
  input: z.input<typeof revokeSchema>,
): Promise<void> {
  const { userId } = personOf(actor);
  const { id } = parseInput(revokeSchema, input);
  const note = auditNote(actor, 'session.ended', { target: id });
  if (!(await services.identity.sessions.end(userId, id, note))) throw notFound('session', id);
  await services.identity.access.changed(id);
}
