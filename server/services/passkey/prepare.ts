import { z } from 'zod';
import { toUuid } from '#server/domain/ids.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import { type Place, placeAt } from '#server/identity/passkey-proof.ts';
import { personOf } from '../account/person-of.ts';
import { prove } from '../account/prove.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const prepareSchema = z.strictObject({
  /** Of this server, as the browser knows it. */
  origin: z.string(),
  currentPassword: givenPasswordSchema.optional(),
});

/** What an authenticator needs to make a passkey. */
export interface PreparedPasskey {
  place: Place;
  challenge: string;
  user: { handle: string; account: string; name: string };
  /** It shall not make a second one where it has one of these. */
  known: { id: string; transports: string[] }[];
}

/** The first half of adding one: whoever asks proves that it is their account, and their browser gets something to sign. */
export async function preparePasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof prepareSchema>,
): Promise<PreparedPasskey> {
  const { userId, sessionId } = personOf(actor);
  const { origin, currentPassword } = parseInput(prepareSchema, input);
  const place = placeAt(origin);
  await prove(services, actor, currentPassword);
  const { passkeys, people } = services.identity;
  const [account, known, challenge] = await Promise.all([
    people.account(userId),
    passkeys.credentials(userId, place.host),
    passkeys.challenge(sessionId),
  ]);
  return {
    ...{ place, challenge, known },
    user: { handle: handleOf(userId), account: account?.email ?? actor.name, name: actor.name },
  };
}

/** How authenticators know whose a passkey is: nothing that says who it is. */
export const handleOf = (userId: string): string => Buffer.from(toUuid(userId), 'hex').toString('base64url');
