import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { lockMember, lockOwners } from '#db/queries/change-member.ts';
import { memberships } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { idSchema, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { isWithin, ROLES, type Role } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { stopWhatTheyMade } from '../key/maker.ts';
import { parseInput } from '../parse-input.ts';

export const changeRoleSchema = z.strictObject({ id: idSchema('user'), role: z.enum(ROLES) });

/** Holds from the next request on, in every process. */
export async function changeRole(
  services: Services,
  actor: Actor,
  input: z.input<typeof changeRoleSchema>,
): Promise<{ id: UserId; role: Role }> {
  authorise(actor, 'member.manage');
  const { id, role } = parseInput(changeRoleSchema, input);
  if (role === 'owner') authorise(actor, 'owner.manage');
  await inTenant(services.db, actor.orgId, async (tx) => {
    const was = await holdMember(tx, actor, { id, staysOwner: role === 'owner' });
    if (was === 'owner') authorise(actor, 'owner.manage');
    await tx
      .update(memberships)
      .set({ role })
      .where(and(eq(memberships.orgId, toUuid(actor.orgId)), eq(memberships.userId, toUuid(id))));
    const stopped = isWithin(was, role) ? {} : await stopWhatTheyMade(tx, id, { role, email: null });
    const after = { role, ...(Object.keys(stopped).length > 0 ? { stopped } : {}) };
    const what = { target: id, before: { role: was }, after };
    await noteIn(tx, auditNote(actor, 'member.role-changed', what));
  });
  await services.identity.access.changed(id);
  return { id, role };
}

/** Locks the member until the transaction ends, and refuses to take the last owner away. Says what they are. */
export async function holdMember(
  tx: TenantTransaction,
  actor: Actor,
  { id, staysOwner }: { id: UserId; staysOwner: boolean },
): Promise<Role> {
  const owners = await lockOwners(tx, actor.orgId);
  const member = await lockMember(tx, actor.orgId, id);
  if (!member) throw notFound('member', id);
  if (member.role !== 'owner' || staysOwner || owners.length > 1) return member.role;
  throw new SignalboxError('CONFLICT', 'This is the last owner, and an organisation needs one.', {
    advice: 'Make somebody else an owner first.',
  });
}
