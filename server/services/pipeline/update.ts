import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { aboutFields, nameTaken } from './create.ts';
import { loadLivePipeline, loadPipeline, type PipelineView } from './pipeline-view.ts';

export const updateSchema = z.strictObject({
  id: idSchema('pipe'),
  name: aboutFields.name.optional(),
  description: aboutFields.description.optional(),
  tags: aboutFields.tags.optional(),
});

/** What is said of a pipeline; what it does is in its draft. */
export async function updatePipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<PipelineView> {
  authoriseAnywhere(actor, 'pipeline.edit');
  const { id, ...about } = parseInput(updateSchema, input);
  authorise(actor, 'pipeline.edit', { pipelineId: id });
  return inTenant(services.db, actor.orgId, async (tx) => {
    const before = await loadLivePipeline(tx, id);
    const { name = before.name, description = before.description, tags = before.tags } = about;
    await tx
      .update(pipelines)
      .set({ name, description, tags })
      .where(eq(pipelines.id, toUuid(id)))
      .catch((error) => {
        throw nameTaken(error, name);
      });
    const was = { name: before.name, description: before.description, tags: before.tags };
    const change = { target: id, before: was, after: { name, description, tags } };
    await noteIn(tx, auditNote(actor, 'pipeline.changed', change));
    return loadPipeline(tx, id);
  });
}
