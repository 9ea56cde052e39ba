import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelineStars } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadPipeline } from './pipeline-view.ts';

const starSchema = z.strictObject({ id: idSchema('pipe'), starred: z.boolean() });

/** Keeps a pipeline at hand for this actor, or no longer. */
export async function starPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof starSchema>,
): Promise<void> {
  authorise(actor, 'pipeline.read');
  const { id, starred } = parseInput(starSchema, input);
  const star = { orgId: toUuid(actor.orgId), actorId: actor.id, pipelineId: toUuid(id) };
  await inTenant(services.db, actor.orgId, async (tx) => {
    await loadPipeline(tx, id);
    if (starred) return tx.insert(pipelineStars).values(star).onConflictDoNothing();
    return tx
      .delete(pipelineStars)
      .where(and(eq(pipelineStars.actorId, star.actorId), eq(pipelineStars.pipelineId, star.pipelineId)));
  });
}
