import { and, eq, isNull, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { agentTokens, apiKeys, memberships, notificationTargets } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { isTenants } from '#db/tenant-dialect.ts';
import { toUuid, type UserId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { TOKEN_MAKERS } from '#server/identity/keys.ts';
import type { Role } from '#server/identity/permissions.ts';

/** What its maker is by now, of a row of a key or an agent's token: null when they are no member. */
export const makerRole = (madeBy: PgColumn) =>
  sql<Role | null>`(SELECT m.role FROM ${memberships} m WHERE m.user_id = ${madeBy})`;

interface Made {
  madeBy: string | null;
  makerRole: Role | null;
}

/** Why a key is refused though nobody has revoked it; null: it is not. */
export function whyKeyStopped({ madeBy, makerRole: role }: Made): string | null {
  return madeBy === null || role !== null ? null : 'Whoever made it is no member any more.';
}

/** The same of an agent's token. */
export function whyTokenStopped(made: Made): string | null {
  const { madeBy, makerRole: role } = made;
  if (madeBy === null || role === null) return whyKeyStopped(made);
  return TOKEN_MAKERS.includes(role) ? null : 'Whoever made it may not make tokens for agents any more.';
}

/**
 * What stops when somebody is, from now on, only this (null: no member any more), for the audit. Mails to them are switched off: whoever
 * wants them told all the same switches the target on again.
 */
export async function stopWhatTheyMade(
  tx: TenantTransaction,
  id: UserId,
  { role, email }: { role: Role | null; email: string | null },
): Promise<JsonObject> {
  const [tokens, keys, targets] = [
    role !== null && TOKEN_MAKERS.includes(role) ? 0 : await countOf(tx, agentTokens, id),
    role === null ? await countOf(tx, apiKeys, id) : 0,
    role === null && email !== null ? await switchOffMails(tx, email) : 0,
  ];
  const stopped = { api_keys: keys, agent_tokens: tokens, notification_targets: targets };
  return Object.fromEntries(Object.entries(stopped).filter(([, count]) => count > 0));
}

const countOf = (tx: TenantTransaction, table: typeof apiKeys | typeof agentTokens, id: UserId) =>
  tx.$count(table, and(isTenants(table.orgId), eq(table.madeBy, toUuid(id)), isNull(table.revokedAt)));

async function switchOffMails(tx: TenantTransaction, email: string): Promise<number> {
  const off = await tx
    .update(notificationTargets)
    .set({ active: false, offReason: 'Whoever it mails to is no member any more.' })
    .where(
      and(
        eq(notificationTargets.active, true),
        eq(notificationTargets.kind, 'email'),
        sql`lower(${notificationTargets.address}) = lower(${email})`,
      ),
    )
    .returning({ id: notificationTargets.id });
  return off.length;
}
