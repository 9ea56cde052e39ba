import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const revokeSchema = z.strictObject({ id: idSchema('key') });

/** At once and for good; the row stays for those who look back. */
export async function revokeKey(
  services: Services,
  actor: Actor,
  input: z.input<typeof revokeSchema>,
): Promise<void> {
  authorise(actor, 'key.manage');
  const { id } = parseInput(revokeSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [gone] = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(apiKeys.id, toUuid(id)), isNull(apiKeys.revokedAt)))
      .returning({ name: apiKeys.name, role: apiKeys.role, scopes: apiKeys.scopes });
    if (!gone) throw notFound('key', id);
    await noteIn(tx, auditNote(actor, 'key.revoked', { target: id, before: gone }));
  });
  await services.identity.access.changed(id);
}
