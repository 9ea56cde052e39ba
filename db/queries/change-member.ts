import { and, asc, eq } from 'drizzle-orm';
import { type OrgId, toUuid, type UserId } from '#server/domain/ids.ts';
import { memberships } from '../schema/index.ts';
import type { TenantTransaction } from '../tenant.ts';

/**
 * Takes the organisation's owners, in one order, before one of them is changed: two owners who remove each other at the
 * same moment come one after the other, and the second finds itself the last. Says who is an owner.
 */
export async function lockOwners(tx: TenantTransaction, orgId: OrgId): Promise<string[]> {
  const rows = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.orgId, toUuid(orgId)), eq(memberships.role, 'owner')))
    .orderBy(asc(memberships.userId))
    .for('update');
  return rows.map(({ userId }) => userId);
}

export async function lockMember(tx: TenantTransaction, orgId: OrgId, userId: UserId) {
  const [row] = await tx
    .select()
    .from(memberships)
    .where(and(eq(memberships.orgId, toUuid(orgId)), eq(memberships.userId, toUuid(userId))))
    .for('update');
  return row;
}
