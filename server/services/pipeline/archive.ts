import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { nameTaken } from './create.ts';
import { loadPipeline, type PipelineView } from './pipeline-view.ts';

const archiveSchema = z.strictObject({ id: idSchema('pipe') });
type Input = z.input<typeof archiveSchema>;

/** Out of sight: it is neither run nor changed, and its name is free. Runs and versions stay. */
export const archivePipeline = (services: Services, actor: Actor, input: Input): Promise<PipelineView> =>
  setArchived(services, actor, { input, isArchived: true });

/** Brings it back, if nobody has taken its name meanwhile. */
export const unarchivePipeline = (services: Services, actor: Actor, input: Input): Promise<PipelineView> =>
  setArchived(services, actor, { input, isArchived: false });

async function setArchived(
  services: Services,
  actor: Actor,
  { input, isArchived }: { input: Input; isArchived: boolean },
): Promise<PipelineView> {
  authoriseAnywhere(actor, 'pipeline.edit');
  const { id } = parseInput(archiveSchema, input);
  authorise(actor, 'pipeline.edit', { pipelineId: id });
  return inTenant(services.db, actor.orgId, async (tx) => {
    const { name, toolName, archivedAt } = await loadPipeline(tx, id);
    await tx
      .update(pipelines)
      .set({ archivedAt: isArchived ? sql`coalesce(${pipelines.archivedAt}, now())` : null })
      .where(eq(pipelines.id, toUuid(id)))
      .catch((error) => {
        throw nameTaken(error, name, toolName);
      });
    const action = isArchived ? 'pipeline.archived' : 'pipeline.unarchived';
    const before = { name, archived: archivedAt !== null };
    const note = { target: id, before, after: { name, archived: isArchived } };
    await noteIn(tx, auditNote(actor, action, note));
    return loadPipeline(tx, id);
  });
}
