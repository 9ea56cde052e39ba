import { z } from 'zod';
import { emailSchema, givenPasswordSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { openSession, type SignedIn, wrongCredentials } from './open-session.ts';

export const signInSchema = z.strictObject({ email: emailSchema, password: givenPasswordSchema });

/** By password. Open to everybody; takes as long for an address that nobody has. */
export async function signIn(
  services: Services,
  actor: Actor,
  input: z.input<typeof signInSchema>,
): Promise<SignedIn> {
  const { email, password } = parseInput(signInSchema, input);
  const { people, passwords } = services.identity;
  const proof = await people.findByEmail(email);
  // Before anything costly is done.
  await services.rates.attempt(actor, proof?.userId ?? email);
  const isRight = await passwords.verify(password, proof?.passwordHash ?? null);
  const [orgId] = proof?.orgIds ?? [];
  if (proof && isRight && orgId)
    return openSession(services, actor, { userId: proof.userId, orgId, how: 'password' });
  await services.refusals.note(actor, { action: 'session.refused', target: proof?.userId ?? null });
  throw wrongCredentials();
}
