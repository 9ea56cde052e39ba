import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { type UsedCredential, usedCredentialSchema } from '#server/identity/passkey-fields.ts';
import { challengeOf, checkPasskey, type Place, placeAt } from '#server/identity/passkey-proof.ts';
import type { KnownPasskey } from '#server/identity/passkeys.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { handleOf } from '../passkey/prepare.ts';
import { greet, type SignedIn } from './open-session.ts';

const challengeSchema = z.strictObject({ origin: z.string() });
const signInSchema = z.strictObject({ origin: z.string(), credential: usedCredentialSchema });

export interface PasskeyChallenge {
  place: Place;
  challenge: string;
}

/**
 * The first half: something to sign. Open to everybody, and says nothing of who has an account. No attempt yet: every
 * look at the sign-in page asks for one, to offer passkeys where the e-mail is filled in.
 */
export async function challengePasskey(
  services: Services,
  input: z.input<typeof challengeSchema>,
): Promise<PasskeyChallenge> {
  const { origin } = parseInput(challengeSchema, input);
  const place = placeAt(origin);
  return { place, challenge: await services.identity.passkeys.challenge(null) };
}

/** The second: it was signed. Says the same whatever was wrong. */
export async function signInByPasskey(
  services: Services,
  actor: Actor,
  input: z.input<typeof signInSchema>,
): Promise<SignedIn> {
  const { origin, credential } = parseInput(signInSchema, input);
  const place = placeAt(origin);
  const { passkeys, people } = services.identity;
  const known = await passkeys.find(credential.id);
  // Before anything costly is done. Apart from the account's: whoever guesses its password does not lock this out.
  await services.rates.attempt(actor, known?.id ?? null);
  const counter = await prove(services, { credential, place, known });
  const [orgId] = (known && (await people.proofOf(known.userId))?.orgIds) ?? [];
  if (known && counter !== undefined && orgId) {
    const { from, sessionId: instead } = actor;
    const signIn = { userId: known.userId, orgId, how: 'passkey', passkeyId: known.id, from, instead };
    const opened = await passkeys.open(known.id, counter, signIn);
    if (opened !== undefined && opened !== 'copied') return greet(services, actor, opened);
    if (opened === 'copied') await noteCopy(services, actor, { passkey: known, orgId });
  }
  await services.refusals.note(actor, { action: 'session.refused', target: known?.userId ?? null });
  throw notProved();
}

/** The counter that it was signed with; undefined: nothing is proved. What was to be signed is used up in any case. */
async function prove(
  { identity: { passkeys } }: Services,
  { credential, place, known }: { credential: UsedCredential; place: Place; known: KnownPasskey | undefined },
): Promise<number | undefined> {
  const challenge = challengeOf(credential);
  const isOurs = challenge !== undefined && (await passkeys.takeChallenge(challenge, null));
  if (!isOurs || !known || credential.response.userHandle !== handleOf(known.userId)) return undefined;
  return checkPasskey(credential, { challenge, place, publicKey: known.publicKey });
}

/** Told to the organisation whose member it is: there may be somebody who has their key. */
function noteCopy(
  { refusals }: Services,
  actor: Actor,
  { passkey, orgId }: { passkey: KnownPasskey; orgId: OrgId },
): Promise<void> {
  return refusals.note(
    { ...actor, orgId },
    {
      ...{ action: 'passkey.refused', target: passkey.id },
      reason: 'Its signature is right, but its counter went back: there may be a copy of it.',
    },
  );
}

function notProved(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This passkey did not sign you in.', {
    advice:
      'Try again at once: it has five minutes. If it is not known here any more, sign in by another way.',
  });
}
