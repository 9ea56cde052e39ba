import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { aboutFields, type CreatedPipeline, createPipeline } from './create.ts';
import { loadPipeline } from './pipeline-view.ts';

const duplicateSchema = z.strictObject({
  id: idSchema('pipe'),
  name: aboutFields.name.optional(),
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** A pipeline of its own with the same draft; it has no versions until it is published. */
export async function duplicatePipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof duplicateSchema>,
): Promise<CreatedPipeline> {
  authorise(actor, 'pipeline.create');
  const { id, name, idempotencyKey } = parseInput(duplicateSchema, input);
  const source = await inTenant(services.db, actor.orgId, (tx) => loadPipeline(tx, id));
  const document = source.draft?.document ?? source.newest?.graph ?? null;
  return createPipeline(services, actor, {
    name: name ?? `${source.name} (copy)`,
    description: source.description,
    tags: source.tags,
    document: isJsonObject(document) ? document : {},
    idempotencyKey,
  });
}
