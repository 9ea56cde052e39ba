import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { taskDagTemplates } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { type CreatedPipeline, createPipeline, pipelineNameSchema } from '../pipeline/create.ts';

const instantiateSchema = z.strictObject({
  key: z.string().min(1).max(128),
  name: pipelineNameSchema.optional(),
  publish: z.boolean().default(true),
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** A pipeline of one's own from a template; the template stays as it is. */
export async function instantiateTemplate(
  services: Services,
  actor: Actor,
  input: z.input<typeof instantiateSchema>,
): Promise<CreatedPipeline> {
  authorise(actor, 'pipeline.create');
  const { key, name, publish, idempotencyKey } = parseInput(instantiateSchema, input);
  if (publish) authorise(actor, 'pipeline.publish');
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx.select().from(taskDagTemplates).where(eq(taskDagTemplates.key, key)),
  );
  if (!row) throw notFound('template', key);
  return createPipeline(services, actor, {
    name: name ?? row.name,
    description: row.description,
    document: row.document as JsonObject,
    publish,
    idempotencyKey,
  });
}
