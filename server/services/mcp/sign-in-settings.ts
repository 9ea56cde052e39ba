import { and, eq, like, ne } from 'drizzle-orm';
import { mcpSignIns, secrets } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { type McpConnectionId, type OrgId, toUuid } from '#server/domain/ids.ts';
import { signInSecretPrefix } from '#server/domain/mcp.ts';
import { CLIENT_SECRET } from '#server/gateway/sign-ins/sign-ins.ts';
import type { Services } from '../context.ts';
import { type GivenSignIn, signInOf } from './connection-fields.ts';
import type { ConnectionRow } from './connection-view.ts';

/** The id of a client at one authorization server is of no use at another, so it is said anew with a new address. */
export function nextSignIn(before: ConnectionRow, signIn: GivenSignIn | null | undefined) {
  if (signIn !== undefined) return signIn && signInOf(signIn);
  const { issuer: _, ...kept } = before.signIn ?? { mode: 'each' as const };
  return before.signIn && kept;
}

export async function sealClient(
  tx: TenantTransaction,
  services: Services,
  { orgId, id, signIn }: { orgId: OrgId; id: McpConnectionId; signIn: GivenSignIn },
): Promise<void> {
  if (signIn.clientSecret === undefined) return;
  const place = {
    orgUuid: toUuid(orgId),
    name: `${signInSecretPrefix(toUuid(id))}${CLIENT_SECRET}`,
    version: 1,
  };
  const envelope = services.secrets.seal(JSON.stringify({ secret: signIn.clientSecret }), place);
  await tx.insert(secrets).values({ orgId: place.orgUuid, name: place.name, version: 1, ...envelope });
}

/** Everybody is signed out. */
export async function forgetSignIns(
  tx: TenantTransaction,
  orgId: OrgId,
  { id, isClientKept }: { id: McpConnectionId; isClientKept: boolean },
): Promise<void> {
  await tx.delete(mcpSignIns).where(eq(mcpSignIns.connectionId, toUuid(id)));
  const prefix = signInSecretPrefix(toUuid(id));
  const names = [like(secrets.name, `${prefix}%`)];
  if (isClientKept) names.push(ne(secrets.name, `${prefix}${CLIENT_SECRET}`));
  await tx.delete(secrets).where(and(eq(secrets.orgId, toUuid(orgId)), ...names));
}
