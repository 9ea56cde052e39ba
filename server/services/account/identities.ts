import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { LinkedIdentity } from '#server/identity/linked.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, pageOf } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { personOf } from './person-of.ts';
import { prove } from './prove.ts';

const listSchema = z.strictObject({ ...pageFields, limit: pageFields.limit.unwrap().default(200) });
const unlinkSchema = z.strictObject({
  issuer: z.string().min(1).max(2048),
  currentPassword: givenPasswordSchema.optional(),
});

export interface OfferedProvider {
  id: string;
  name: string;
}

/** With whom people may sign in. Open to everybody: the sign-in page asks. */
export function listProviders({ identity }: Services): OfferedProvider[] {
  return identity.providers.all.map(({ id, name }) => ({ id, name }));
}

/** By what one is known elsewhere. */
export async function listIdentities(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<LinkedIdentity>> {
  const { userId } = personOf(actor);
  const page = parseInput(listSchema, input);
  const all = await services.identity.linked.list(userId);
  return pageOf(
    all,
    { ...page, list: 'identities', cursors: services.cursors },
    ({ linkedAt, issuer, subject }) => [linkedAt.getTime(), JSON.stringify([issuer, subject])],
  );
}

/** Refused for the last way in, and without a proof, as for a passkey: a session that was left open locks nobody out. */
export async function unlinkIdentity(
  services: Services,
  actor: Actor,
  input: z.input<typeof unlinkSchema>,
): Promise<void> {
  const { userId } = personOf(actor);
  const { issuer, currentPassword } = parseInput(unlinkSchema, input);
  await prove(services, actor, currentPassword);
  const { linked } = services.identity;
  const note = auditNote(actor, 'account.unlinked', { target: userId, before: { issuer } });
  if (!(await linked.remove(userId, issuer, note))) throw notFound('linked account at', issuer);
}
