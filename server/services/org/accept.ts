import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { greet, type SignedIn } from '../session/open-session.ts';

const acceptSchema = z.strictObject({ token: z.string().min(1).max(200) });

/** Uses an invitation up with the account that is signed in, which is then a member there too and goes over to it. */
export async function acceptInvite(
  services: Services,
  actor: Actor,
  input: z.input<typeof acceptSchema>,
): Promise<SignedIn> {
  const { userId, sessionId: instead } = personOf(actor);
  const { token } = parseInput(acceptSchema, input);
  await services.rates.attempt(actor, userId);
  const { links } = services.identity;
  const link = await links.peek(token);
  const newcomer = { account: { userId }, how: 'invite', from: actor.from, instead };
  // The link that the start prints makes owners of this machine, and is for the sign-in page.
  const opened = link?.kind === 'invite' ? await links.open(token, newcomer) : undefined;
  if (opened) return greet(services, actor, opened);
  throw new SignalboxError('NOT_FOUND', 'This link is used up, too old, or not one of ours.', {
    advice: 'Ask whoever sent it for a new one.',
  });
}
