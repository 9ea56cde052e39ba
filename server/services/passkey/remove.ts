import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const removeSchema = z.strictObject({ id: idSchema('passkey') });

/** Signs nobody in any more. Refused for the last way in; who is signed in by it stays so. */
export async function removePasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof removeSchema>,
): Promise<void> {
  const { userId } = personOf(actor);
  const { id } = parseInput(removeSchema, input);
  const note = auditNote(actor, 'passkey.removed', { target: id });
  if (!(await services.identity.passkeys.remove(userId, id, note))) throw notFound('passkey', id);
}
