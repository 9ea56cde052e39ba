import { and, eq, like } from 'drizzle-orm';
import { secrets } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { type McpConnectionId, type OrgId, toUuid } from '#server/domain/ids.ts';
import { connectionSecretName, connectionSecretPrefix } from '#server/domain/mcp.ts';
import type { Services } from '../context.ts';

/** Values of headers and variables of a connection: nobody reads them again but the gateway. */
export async function sealValues(
  tx: TenantTransaction,
  services: Services,
  { orgId, id, sealed }: { orgId: OrgId; id: McpConnectionId; sealed: Record<string, string> },
): Promise<void> {
  for (const [each, value] of Object.entries(sealed)) {
    const place = { orgUuid: toUuid(orgId), name: connectionSecretName(toUuid(id), each), version: 1 };
    const envelope = services.secrets.seal(value, place);
    await tx.insert(secrets).values({ orgId: place.orgUuid, name: place.name, version: 1, ...envelope });
  }
}

export async function forgetSealed(tx: TenantTransaction, orgId: OrgId, id: McpConnectionId): Promise<void> {
  await tx
    .delete(secrets)
    .where(
      and(eq(secrets.orgId, toUuid(orgId)), like(secrets.name, `${connectionSecretPrefix(toUuid(id))}%`)),
    );
}
