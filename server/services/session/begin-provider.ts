import { z } from 'zod';
import { toOwnPath } from '#server/domain/own-path.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import { digest } from '#server/identity/tokens.ts';
import { personOf } from '../account/person-of.ts';
import { prove } from '../account/prove.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const beginSchema = z.strictObject({
  provider: z.string().min(1).max(32),
  /** Of this server, as the browser knows it. */
  origin: z.url({ protocol: /^https?$/ }),
  next: z.string().max(2048).optional(),
  /** What an invitation's link ends with. */
  invitation: z.string().min(1).max(200).optional(),
  /** Whoever is signed in wants to be known by that provider too. */
  link: z.boolean().default(false),
  /** Then they prove that it is their account: it is one more way in. */
  currentPassword: givenPasswordSchema.optional(),
});

export interface BegunFlow {
  /** Where the browser shall go. */
  url: string;
  /** What it shall show when it comes back. */
  browserToken: string;
}

/** Sends somebody to a provider. Open to everybody. */
export async function beginProvider(
  services: Services,
  actor: Actor,
  input: z.input<typeof beginSchema>,
): Promise<BegunFlow> {
  const { provider: id, origin, next, invitation, link, currentPassword } = parseInput(beginSchema, input);
  const { providers, flows } = services.identity;
  const provider = providers.find(id);
  const userId = link ? personOf(actor).userId : null;
  if (link) await prove(services, actor, currentPassword);
  const errand = providers.newErrand(`${origin}/api/v1/auth/providers/${provider.id}/callback`);
  const url = await providers.addressFor(provider, errand);
  const browserToken = await flows.begin({
    ...errand,
    provider: provider.id,
    next: toOwnPath(next),
    linkHash: invitation === undefined ? null : digest(invitation),
    userId,
  });
  return { url: url.href, browserToken };
}
