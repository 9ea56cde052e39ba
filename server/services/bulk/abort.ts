import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { bulks } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type BulkView, loadBulk } from './bulk-view.ts';

const abortSchema = z.strictObject({ id: idSchema('bulk') });

/** What was done stays; what is left is left alone. A page that is under way ends first. */
export async function abortBulk(
  services: Services,
  actor: Actor,
  input: z.input<typeof abortSchema>,
): Promise<BulkView> {
  authoriseAnywhere(actor, 'run.operate');
  const { id } = parseInput(abortSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [known] = await tx
      .select({ actor: bulks.actor })
      .from(bulks)
      .where(eq(bulks.id, toUuid(id)));
    if (!known) throw notFound('bulk', id);
    // It is about runs of any pipelines: somebody with a grant on some stops their own alone.
    if (known.actor.id !== actor.id) authorise(actor, 'run.operate');
    const aborted = await tx
      .update(bulks)
      .set({ status: 'aborted', finishedAt: sql`now()` })
      .where(and(eq(bulks.id, toUuid(id)), eq(bulks.status, 'open')))
      .returning({ status: bulks.status });
    const change = aborted.length === 0 ? {} : { before: { status: 'open' }, after: { status: 'aborted' } };
    await noteIn(tx, auditNote(actor, 'bulk.aborted', { target: id, ...change }));
    return loadBulk(tx, id);
  });
}
