import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { versions } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, idSchema, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadVersionById, type VersionView } from './pipeline-view.ts';

const findSchema = z.strictObject({ id: idSchema('ver') });

/** By what runs call it, which know no number. Null is the pipeline of a task that stood alone: its graph is of none. */
export async function findVersion(
  services: Services,
  actor: Actor,
  input: z.input<typeof findSchema>,
): Promise<VersionView & { pipelineId: PipelineId | null }> {
  authorise(actor, 'pipeline.read');
  const { id } = parseInput(findSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const version = await loadVersionById(tx, id);
    const [row] = await tx
      .select({ pipelineId: versions.pipelineId })
      .from(versions)
      .where(eq(versions.id, toUuid(id)));
    const pipeline = row?.pipelineId ?? null;
    return { ...version, pipelineId: pipeline === null ? null : fromUuid('pipe', pipeline) };
  });
}
