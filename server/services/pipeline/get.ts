import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadPipeline, type PipelineView } from './pipeline-view.ts';

const getSchema = z.strictObject({ id: idSchema('pipe') });

export async function getPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<PipelineView> {
  authorise(actor, 'pipeline.read');
  const { id } = parseInput(getSchema, input);
  return inTenant(services.db, actor.orgId, (tx) => loadPipeline(tx, id));
}
