import { z } from 'zod';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { greet, type SignedIn } from './open-session.ts';

const openSchema = z.strictObject({ token: z.string().min(1).max(200) });

export type OpenedLink =
  | ({ outcome: 'signed-in' } & SignedIn)
  /** It is good, and not used up: whoever has it shall say who they are first (`join`). */
  | { outcome: 'needs-account' }
  | { outcome: 'gone' };

/** What the link does by itself: it signs an owner in. Without a password that is enough on this machine only. */
export async function openLink(
  services: Services,
  actor: Actor,
  input: z.input<typeof openSchema>,
): Promise<OpenedLink> {
  const { token } = parseInput(openSchema, input);
  const { links } = services.identity;
  await services.rates.attempt(actor, null);
  const link = await links.peek(token);
  if (!link) return { outcome: 'gone' };
  const isEnough = link.kind === 'owner' && (services.isLocalOnly || link.owner?.hasPassword === true);
  if (!isEnough) return { outcome: 'needs-account' };
  const opened = await links.open(token, { how: 'link', from: actor.from, instead: actor.sessionId });
  if (!opened) return { outcome: 'gone' };
  return { outcome: 'signed-in', ...(await greet(services, actor, opened)) };
}
