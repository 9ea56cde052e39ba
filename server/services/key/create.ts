import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { makeId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { lastFour, makeKey } from '#server/identity/key-format.ts';
import { isWithin, ROLES, type Role, SCOPES } from '#server/identity/permissions.ts';
import { digest } from '#server/identity/tokens.ts';
import { isCidr } from '#server/platform/address-policy.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeShownOnce } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { type NewKey, toKeyView } from './key-view.ts';

const createSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).nullable().default(null),
  networks: z
    .array(z.string().refine(isCidr, 'must be a network such as 10.1.0.0/16, or an address'))
    .min(1)
    .max(50)
    .nullable()
    .default(null),
  /** Null: never. */
  expiresInDays: z.int().min(1).max(3650).nullable().default(90),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof createSchema>, 'idempotencyKey'>;

/** A key for a program. It can do what both its role and its maker may, at each use. */
export async function createKey(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<NewKey> {
  authorise(actor, 'key.manage');
  const { idempotencyKey, ...request } = parseInput(createSchema, input);
  refuseBeyond(actor, request.role);
  return inTenant(services.db, actor.orgId, (tx) =>
    makeShownOnce(tx, actor, {
      key: idempotencyKey,
      request: { key: request },
      make: () => insertKey(tx, services, { actor, asked: request }),
      advice: 'Give it new letters (rotate it), or revoke it and make another with a new idempotency key.',
    }),
  );
}

async function insertKey(
  tx: TenantTransaction,
  services: Services,
  { actor, asked }: { actor: Actor; asked: Asked },
): Promise<NewKey> {
  const { name, role, scopes, networks, expiresInDays } = asked;
  const id = makeId('key', services.newUuid());
  const key = makeKey('key', id);
  const [made] = await tx
    .insert(apiKeys)
    .values({
      id: toUuid(id),
      orgId: toUuid(actor.orgId),
      ...{ name, role, networks },
      scopes: scopes && [...new Set(scopes)],
      secretHash: digest(key),
      lastFour: lastFour(key),
      expiresAt: expiresInDays === null ? null : sql`now() + ${expiresInDays}::int * interval '1 day'`,
      madeBy: actor.userId && toUuid(actor.userId),
    })
    .returning();
  if (!made) throw new Error('the key wrote no row');
  await noteIn(tx, auditNote(actor, 'key.created', { target: id, after: { name, role, scopes, networks } }));
  return { ...toKeyView(made), key };
}

/** Whoever holds a key holds its role: nobody gets one that can do more than they. */
export function refuseBeyond(actor: Actor, role: Role): void {
  if (actor.role !== null && isWithin(role, actor.role)) return;
  throw new SignalboxError('FORBIDDEN', `A key with the role ${role} could do more than you may.`, {
    advice: 'Choose a role that is not above yours.',
  });
}
