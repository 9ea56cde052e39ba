import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import type { Problem } from '#server/domain/graph/validate.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { saveDraft } from './save-draft.ts';

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
    const saved = await saveDraft(tx, { id, revision, document });
    if (description !== undefined) {
      await tx
        .update(pipelines)
        .set({ description })
        .where(eq(pipelines.id, toUuid(id)));
    }
    const change = { target: id, before: { revision }, after: { revision: saved } };
    await noteIn(tx, auditNote(actor, 'pipeline.draft-saved', change));
    return saved;
  });
  return { revision: next, problems: (await services.documents.judge(document)).problems };
}
