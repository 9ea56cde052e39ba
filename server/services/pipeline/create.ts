import { z } from 'zod';
import { drafts, pipelines } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { makeId, type PipelineId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { judgeGraph } from './judge-graph.ts';
import { loadPipeline, type PipelineView } from './pipeline-view.ts';
import { addVersion } from './publish.ts';

export const pipelineNameSchema = z.string().trim().min(1).max(200);

/** Within the 64 characters that clients allow for a tool, with what the doors put before it. */
export const toolNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,55}$/, 'must be a-z, 0-9 and _, such as daily_report');

/** What is said of a pipeline. */
export const aboutFields = {
  name: pipelineNameSchema,
  description: z.string().max(10_000),
  tags: z.array(z.string().trim().min(1).max(64)).max(32),
};

export const createPipelineSchema = z.strictObject({
  name: aboutFields.name,
  description: aboutFields.description.default(''),
  tags: aboutFields.tags.default([]),
  document: jsonObjectSchema,
  /** Publish the first version at once; the document must then be valid. */
  publish: z.boolean().default(false),
  idempotencyKey: idempotencyKeySchema.optional(),
});
export type CreatePipeline = z.input<typeof createPipelineSchema>;

export interface CreatedPipeline extends PipelineView {
  /** False: the key had made it before. */
  isNew: boolean;
}

export async function createPipeline(
  services: Services,
  actor: Actor,
  input: CreatePipeline,
): Promise<CreatedPipeline> {
  authorise(actor, 'pipeline.create');
  const { idempotencyKey: key, ...request } = parseInput(createPipelineSchema, input);
  if (request.publish) authorise(actor, 'pipeline.publish');
  const judged = request.publish ? await judgeGraph(services, request.document) : null;
  return inTenant(services.db, actor.orgId, async (tx) => {
    const made = await makeOnce(tx, actor, {
      key,
      request: { pipeline: request },
      async make() {
        const id = makeId('pipe', services.newUuid());
        await insertPipeline(tx, actor, { id, ...request });
        if (judged) await addVersion(tx, actor, { id, judged, versionUuid: services.newUuid() });
        const after = { name: request.name, published: request.publish };
        await noteIn(tx, auditNote(actor, 'pipeline.created', { target: id, after }));
        return { id, isNew: true };
      },
    });
    return { ...(await loadPipeline(tx, made.id)), isNew: made.isNew };
  });
}

async function insertPipeline(
  tx: TenantTransaction,
  actor: Actor,
  {
    id,
    document,
    ...about
  }: { id: PipelineId; name: string; description: string; tags: string[]; document: JsonObject },
): Promise<void> {
  const orgId = toUuid(actor.orgId);
  const { name, description, tags } = about;
  const made = await tx
    .insert(pipelines)
    .values({ id: toUuid(id), orgId, name, description, tags, madeBy: actor.userId && toUuid(actor.userId) })
    .onConflictDoNothing()
    .returning({ id: pipelines.id });
  if (made.length === 0) throw nameInUse(name);
  await tx.insert(drafts).values({ pipelineId: toUuid(id), orgId, revision: 1, document });
}

function nameInUse(name: string): SignalboxError {
  return new SignalboxError('CONFLICT', `A pipeline named ${JSON.stringify(name)} exists already.`, {
    advice: 'Choose another name, or change that pipeline.',
  });
}

/** A unique violation is about the name; anything else goes on as it is. */
export function nameTaken(error: unknown, name: string, toolName: string | null = null): unknown {
  const cause = ((error as { cause?: unknown }).cause ?? error) as {
    code?: unknown;
    constraint_name?: unknown;
  };
  if (cause.code !== '23505') return error;
  if (cause.constraint_name !== 'pipelines_tool') return nameInUse(name);
  return new SignalboxError('CONFLICT', `Another pipeline is the tool ${JSON.stringify(toolName)} already.`, {
    advice: 'Give the tool another name.',
  });
}
