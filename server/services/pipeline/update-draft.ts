import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { drafts, pipelines } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import type { Problem } from '#server/domain/graph/validate.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { jsonObjectSchema } from '#server/domain/json.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { staleDraft } from './publish.ts';

const updateSchema = z.strictObject({
  id: idSchema('pipe'),
  /** The revision that the change was made on. */
  revision: z.int().min(1),
  document: jsonObjectSchema,
  description: z.string().max(10_000).optional(),
});

/** A draft may be wrong: it is work in progress. Its problems come back with it. */
export async function updateDraft(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<{ revision: number; problems: Problem[] }> {
  authoriseAnywhere(actor, 'pipeline.edit');
  const { id, revision, document, description } = parseInput(updateSchema, input);
  authorise(actor, 'pipeline.edit', { pipelineId: id });
  const next = await inTenant(services.db, actor.orgId, async (tx) => {
    const [saved] = await tx
      .update(drafts)
      .set({ document, revision: sql`${drafts.revision} + 1` })
      .where(and(eq(drafts.pipelineId, toUuid(id)), eq(drafts.revision, revision)))
      .returning({ revision: drafts.revision });
    if (!saved) {
      const [current] = await tx
        .select()
        .from(drafts)
        .where(eq(drafts.pipelineId, toUuid(id)));
      throw current ? staleDraft(current.revision) : notFound('pipeline', id);
    }
    if (description !== undefined) {
      await tx
        .update(pipelines)
        .set({ description })
        .where(eq(pipelines.id, toUuid(id)));
    }
    const change = { target: id, before: { revision }, after: { revision: saved.revision } };
    await noteIn(tx, auditNote(actor, 'pipeline.draft-saved', change));
    return saved.revision;
  });
  return { revision: next, problems: (await services.documents.judge(document)).problems };
}
