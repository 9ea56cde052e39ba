import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { personOf } from '../account/person-of.ts';
import { prove } from '../account/prove.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const removeSchema = z.strictObject({
  id: idSchema('passkey'),
  currentPassword: givenPasswordSchema.optional(),
});

/**
 * Signs nobody in any more, and the other sessions that it opened end: whoever found the device may be in one of them.
 * Refused for the last way in, and without a proof that it is their account: a session that was left open shall not lock
 * its person out.
 */
export async function removePasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof removeSchema>,
): Promise<void> {
  const { userId, sessionId: keep } = personOf(actor);
  const { id, currentPassword } = parseInput(removeSchema, input);
  await prove(services, actor, currentPassword);
  const { passkeys, access } = services.identity;
  const removed = await passkeys.remove(userId, id, {
    keep,
    noteOf: ({ name, sessions }) =>
      auditNote(actor, 'passkey.removed', {
        target: id,
        before: { name },
        after: { ended_sessions: [...sessions] },
      }),
  });
  if (!removed) throw notFound('passkey', id);
  for (const session of removed.sessions) await access.changed(session);
}
