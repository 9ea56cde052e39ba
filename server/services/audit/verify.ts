import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Verification } from '#server/identity/audit/verify.ts';
import type { Services } from '../context.ts';

/** Walks the tenant's whole chain: whether every entry is what was written, and none is missing. */
export function verifyAuditLog(services: Services, actor: Actor): Promise<Verification> {
  authorise(actor, 'audit.read');
  return services.auditor.verify(actor.orgId);
}
