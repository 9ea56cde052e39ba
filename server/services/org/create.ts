import { z } from 'zod';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { NewOrg } from '#server/identity/orgs.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, onceOf } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';

export const orgNameSchema = z.string().trim().min(1).max(200);
const createSchema = z.strictObject({
  name: orgNameSchema,
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** Whoever makes it is its owner. A program on this machine is nobody who could be: it gets an owner's invitation. */
export async function createOrg(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<NewOrg> {
  authorise(actor, 'org.create');
  const { name, idempotencyKey: key } = parseInput(createSchema, input);
  // Whoever sends it again under the same key, as another person, has not made it.
  const once = onceOf(actor, { key, request: { org: { name, owner: actor.userId } } });
  return services.identity.orgs.create(actor, { name, once });
}
