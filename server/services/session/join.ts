import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { emailSchema, newPasswordSchema, personNameSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Newcomer } from '#server/identity/links.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { greet, type SignedIn, wrongCredentials } from './open-session.ts';

export const joinSchema = z.strictObject({
  token: z.string().min(1).max(200),
  name: personNameSchema,
  email: emailSchema,
  /** A new one, or that of the account that the address has already. */
  password: newPasswordSchema,
});

/** Uses a link up with an account: a new one, or one that somebody has and proves. */
export async function join(
  services: Services,
  actor: Actor,
  input: z.input<typeof joinSchema>,
): Promise<SignedIn> {
  const { token, ...account } = parseInput(joinSchema, input);
  const { links } = services.identity;
  // Before anything costly is done for somebody who has no link.
  const link = await links.peek(token);
  if (!link) throw linkGone();
  const opened = await links.open(token, {
    account: await findOrMake(services, actor, account),
    how: link.kind === 'owner' ? 'link' : 'invite',
    from: actor.from,
    instead: actor.sessionId,
  });
  if (!opened) throw linkGone();
  return greet(services, actor, opened);
}

async function findOrMake(
  { identity, rates, refusals }: Services,
  actor: Actor,
  { name, email, password }: { name: string; email: string; password: string },
): Promise<NonNullable<Newcomer['account']>> {
  const known = await identity.people.findByEmail(email);
  await rates.attempt(actor, known?.userId ?? email);
  if (!known) return { name, email, passwordHash: await identity.passwords.hash(password) };
  if (await identity.passwords.verify(password, known.passwordHash)) return { userId: known.userId };
  await refusals.note(actor, { action: 'session.refused', target: known.userId });
  throw wrongCredentials();
}

export function linkGone(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This link is used up, too old, or not one of ours.', {
    advice: 'Ask whoever sent it for a new one.',
  });
}
