import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { auditEntries } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type AuditView, viewEntry } from './list.ts';

const getSchema = z.strictObject({ seq: z.int().min(1) });

/** By its number, which is the organisation's own: in another one it is another entry. */
export async function getAuditEntry(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<AuditView> {
  authorise(actor, 'audit.read');
  const { seq } = parseInput(getSchema, input);
  const [entry] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(auditEntries)
      .where(and(eq(auditEntries.orgId, toUuid(actor.orgId)), eq(auditEntries.seq, seq))),
  );
  if (!entry) throw notFound('entry', String(seq));
  return viewEntry(entry);
}
