import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { signInLinks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type InviteId, idSchema, makeId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import { digest, newToken } from '#server/identity/tokens.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeShownOnce } from '../make-once.ts';
import { containing, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const inviteSchema = z.strictObject({
  role: z.enum(ROLES),
  /** Whom it is for, so that the list can be read. */
  label: z.string().trim().max(200).default(''),
  expiresInHours: z.int().min(1).max(720).default(72),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof inviteSchema>, 'idempotencyKey'>;
const listSchema = z.strictObject({
  ...pageFields,
  limit: pageFields.limit.unwrap().default(200),
  role: z.enum(ROLES).optional(),
  /** Part of the label. */
  search: z.string().max(200).optional(),
});
const revokeSchema = z.strictObject({ id: idSchema('invite') });

export interface InviteView {
  id: InviteId;
  role: Role;
  label: string;
  createdAt: Date;
  expiresAt: Date;
}

export type NewInvite = InviteView & { token: string };

/** A link for one person. Its token is shown once. */
export async function inviteMember(
  services: Services,
  actor: Actor,
  input: z.input<typeof inviteSchema>,
): Promise<NewInvite> {
  authorise(actor, 'member.manage');
  const { idempotencyKey, ...request } = parseInput(inviteSchema, input);
  if (request.role === 'owner') authorise(actor, 'owner.manage');
  return inTenant(services.db, actor.orgId, (tx) =>
    makeShownOnce(tx, actor, {
      key: idempotencyKey,
      request: { invite: request },
      make: () => insertInvite(tx, services, { actor, asked: request }),
      advice: 'Take it back, and make another with a new idempotency key.',
    }),
  );
}

async function insertInvite(
  tx: TenantTransaction,
  services: Services,
  { actor, asked }: { actor: Actor; asked: Asked },
): Promise<NewInvite> {
  const { role, label, expiresInHours } = asked;
  const token = newToken();
  const id = makeId('invite', services.newUuid());
  const [made] = await tx
    .insert(signInLinks)
    .values({
      id: toUuid(id),
      tokenHash: digest(token),
      kind: 'invite',
      orgId: toUuid(actor.orgId),
      ...{ role, label },
      madeBy: actor.userId && toUuid(actor.userId),
      expiresAt: sql`now() + ${expiresInHours}::int * interval '1 hour'`,
    })
    .returning();
  if (!made) throw new Error('the invitation wrote no row');
  await noteIn(tx, auditNote(actor, 'member.invited', { target: id, after: { role } }));
  return { ...toView(made), token };
}

/** Those that still work, the newest first. */
export async function listInvites(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<InviteView>> {
  authorise(actor, 'member.read');
  const { limit, cursor, role, search } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'invites' };
  const [before] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(signInLinks)
      .where(
        and(
          eq(signInLinks.kind, 'invite'),
          gt(signInLinks.expiresAt, sql`now()`),
          role === undefined ? undefined : eq(signInLinks.role, role),
          containing(search, [signInLinks.label]),
          before === undefined ? undefined : lt(signInLinks.id, before),
        ),
      )
      .orderBy(desc(signInLinks.id))
      .limit(limit + 1),
  );
  return toPage(rows, paging, { placeOf: ({ id }) => [id], toItems: toView });
}

export async function revokeInvite(
  services: Services,
  actor: Actor,
  input: z.input<typeof revokeSchema>,
): Promise<void> {
  authorise(actor, 'member.manage');
  const { id } = parseInput(revokeSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [gone] = await tx
      .delete(signInLinks)
      .where(and(eq(signInLinks.id, toUuid(id)), eq(signInLinks.kind, 'invite')))
      .returning({ role: signInLinks.role, label: signInLinks.label });
    if (!gone) throw notFound('invitation', id);
    await noteIn(tx, auditNote(actor, 'invite.revoked', { target: id, before: gone }));
  });
}

function toView({ id, role, label, createdAt, expiresAt }: typeof signInLinks.$inferSelect): InviteView {
  return { id: fromUuid('invite', id), role, label, createdAt, expiresAt };
}
