import { z } from 'zod';
import type { Actor } from '#server/identity/actor.ts';
import type { Passkey } from '#server/identity/passkeys.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, pageOf } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject({ ...pageFields, limit: pageFields.limit.unwrap().default(200) });

/** One's own, the oldest first. */
export async function listPasskeys(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<Passkey>> {
  const { userId } = personOf(actor);
  const page = parseInput(listSchema, input);
  const all = await services.identity.passkeys.list(userId);
  return pageOf(all, { ...page, list: 'passkeys', cursors: services.cursors }, ({ createdAt, id }) => [
    createdAt.getTime(),
    id,
  ]);
}
