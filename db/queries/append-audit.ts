import { sql as query } from 'drizzle-orm';
import type { JsonObject } from '#server/domain/json.ts';
import type { Sql } from '../client.ts';
import type { TenantTransaction } from '../tenant.ts';

/**
 * Adds entries to a tenant's audit chain. `audit_append` locks the row with the chain's head until the transaction ends,
 * so entries of one tenant are written one commit after the other: many at once belong into one call.
 */
export async function appendAudit(sql: Sql, orgId: string, bodies: readonly JsonObject[]): Promise<void> {
  await sql`SELECT audit_append(${orgId}::text::uuid, ${JSON.stringify(bodies)}::text::json)`;
}

/** In the transaction of what it tells of: there is either both or neither. */
export async function appendAuditIn(tx: TenantTransaction, orgId: string, body: JsonObject): Promise<void> {
  await tx.execute(query`SELECT audit_append(${orgId}::uuid, ${JSON.stringify([body])}::json)`);
}
