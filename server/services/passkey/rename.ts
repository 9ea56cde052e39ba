import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { passkeyNameSchema } from '#server/identity/passkey-fields.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const renameSchema = z.strictObject({ id: idSchema('passkey'), name: passkeyNameSchema });

export async function renamePasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof renameSchema>,
): Promise<void> {
  const { userId } = personOf(actor);
  const { id, name } = parseInput(renameSchema, input);
  const noteOf = (before: string) =>
    auditNote(actor, 'passkey.renamed', { target: id, before: { name: before }, after: { name } });
  const isTheirs = await services.identity.passkeys.rename(userId, id, { name, noteOf });
  if (!isTheirs) throw notFound('passkey', id);
}
