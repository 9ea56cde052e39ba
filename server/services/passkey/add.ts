import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import { newCredentialSchema, passkeyNameSchema } from '#server/identity/passkey-fields.ts';
import { challengeOf, placeAt, readNewPasskey } from '#server/identity/passkey-proof.ts';
import type { AddedPasskey, NewPasskey } from '#server/identity/passkeys.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, onceOf } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';

const addSchema = z.strictObject({
  origin: z.string(),
  name: passkeyNameSchema,
  credential: newCredentialSchema,
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** The second half: the browser has made one, for what `preparePasskey` gave to this session. */
export async function addPasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof addSchema>,
): Promise<AddedPasskey> {
  const { userId, sessionId } = personOf(actor);
  const { origin, name, credential, idempotencyKey: key } = parseInput(addSchema, input);
  const place = placeAt(origin);
  const challenge = challengeOf(credential);
  const id = fromUuid('passkey', services.newUuid());
  const added = await services.identity.passkeys.add(userId, {
    once: onceOf(actor, { key, request: { passkey: { userId, name, credential } } }),
    challenge: challenge === undefined ? undefined : { challenge, sessionId },
    async prove(): Promise<NewPasskey | undefined> {
      const proved = challenge && (await readNewPasskey(credential, { challenge, place }));
      return proved ? { ...proved, id, name, host: place.host } : undefined;
    },
    note: auditNote(actor, 'passkey.added', { target: id, after: { name, host: place.host } }),
  });
  if (added) return added;
  throw invalid(
    'The passkey was not accepted: it was not made for this page, or too late, or without asking who you are.',
    undefined,
    'Begin again. The device has to ask for a PIN, a fingerprint or a face.',
  );
}
