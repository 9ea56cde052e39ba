import { z } from 'zod';
import { drafts, pipelines } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { makeId, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type Json, jsonObjectSchema } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { judgeGraph } from './judge-graph.ts';
import { loadPipeline, type PipelineView } from './pipeline-view.ts';
import { addVersion } from './publish.ts';

export const pipelineNameSchema = z.string().trim().min(1).max(200);

export const createPipelineSchema = z.strictObject({
  name: pipelineNameSchema,
  description: z.string().max(10_000).default(''),
  tags: z.array(z.string().trim().min(1).max(64)).max(32).default([]),
  document: jsonObjectSchema,
  /** Publish the first version at once; the document must then be valid. */
  publish: z.boolean().default(false),
});
export type CreatePipeline = z.input<typeof createPipelineSchema>;

export async function createPipeline(
  services: Services,
  actor: Actor,
  input: CreatePipeline,
): Promise<PipelineView> {
  authorise(actor, 'pipeline.create');
  const request = parseInput(createPipelineSchema, input);
  if (request.publish) authorise(actor, 'pipeline.publish');
  const id = makeId('pipe', services.newUuid());
  const judged = request.publish ? await judgeGraph(services, request.document) : null;
  return inTenant(services.db, actor.orgId, async (tx) => {
    await insertPipeline(tx, actor, { id, ...request });
    if (judged) await addVersion(tx, actor, { id, judged, versionUuid: services.newUuid() });
    const after = { name: request.name, published: request.publish };
    await noteIn(tx, auditNote(actor, 'pipeline.created', { target: id, after }));
    return loadPipeline(tx, id);
  });
}

async function insertPipeline(
  tx: TenantTransaction,
  actor: Actor,
  {
    id,
    document,
    ...about
  }: { id: PipelineId; name: string; description: string; tags: string[]; document: Json },
): Promise<void> {
  const orgId = toUuid(actor.orgId);
  const made = await tx
    .insert(pipelines)
    .values({ id: toUuid(id), orgId, ...about })
    .onConflictDoNothing()
    .returning({ id: pipelines.id });
  if (made.length === 0) {
    throw new SignalboxError('CONFLICT', `A pipeline named ${JSON.stringify(about.name)} exists already.`, {
      advice: 'Choose another name, or change that pipeline.',
    });
  }
  await tx.insert(drafts).values({ pipelineId: toUuid(id), orgId, revision: 1, document });
}
