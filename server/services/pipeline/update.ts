import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { aboutFields, nameTaken, toolNameSchema } from './create.ts';
import { refuseTooMany } from './offered.ts';
import { loadLivePipeline, loadPipeline, type PipelineView } from './pipeline-view.ts';

export const updateSchema = z.strictObject({
  id: idSchema('pipe'),
  name: aboutFields.name.optional(),
  description: aboutFields.description.optional(),
  tags: aboutFields.tags.optional(),
  tool_name: toolNameSchema
    .nullable()
    .optional()
    .describe('Offers it to models as a tool of its own, `pipe_<tool_name>`; null: no longer.'),
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
    const toolName = about.tool_name === undefined ? before.toolName : about.tool_name;
    if (before.toolName === null && toolName !== null) await refuseTooMany(tx, id);
    await tx
      .update(pipelines)
      .set({ name, description, tags, toolName })
      .where(eq(pipelines.id, toUuid(id)))
      .catch((error) => {
        throw nameTaken(error, name, toolName);
      });
    const { name: oldName, description: oldDescription, tags: oldTags, toolName: oldTool } = before;
    const was = { name: oldName, description: oldDescription, tags: oldTags, tool_name: oldTool };
    const change = { target: id, before: was, after: { name, description, tags, tool_name: toolName } };
    await noteIn(tx, auditNote(actor, 'pipeline.changed', change));
    return loadPipeline(tx, id);
  });
}
