import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { errorGroups } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { ERROR_STATUSES, loadGroups } from './errors.ts';

export const decideErrorSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/, 'must be the error_group of a run'),
  status: z.enum(ERROR_STATUSES),
  note: z.string().trim().max(1000).default(''),
});

/** What people think of a kind of failure. One that was resolved is open again when it comes up anew. */
export async function decideError(
  services: Services,
  actor: Actor,
  input: z.input<typeof decideErrorSchema>,
): Promise<void> {
  authorise(actor, 'run.operate');
  const { id, status, note } = parseInput(decideErrorSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [row] = await loadGroups(tx, [id]);
    if (!row) throw notFound('error group', id);
    await tx
      .update(errorGroups)
      .set({ status, note, decidedAt: sql`now()`, decidedBy: actor.name })
      .where(eq(errorGroups.id, id));
    const before = { status: row.status, note: row.note };
    await noteIn(tx, auditNote(actor, 'error.decided', { target: id, before, after: { status, note } }));
  });
}
