import { z } from 'zod';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound } from '#server/domain/errors.ts';
import {
  capabilitySchema,
  type GraphInput,
  graphSchema,
  PRIORITIES,
  type Stage,
} from '#server/domain/graph/schema.ts';
import { idSchema, type PipelineId, taskId } from '#server/domain/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { jsonSchema } from '#server/domain/json-shape.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { findNewestVersion, loadPipeline } from '../pipeline/pipeline-view.ts';
import { launchRun } from '../run/launch.ts';
import { type TaskDetail, viewTask } from './get.ts';
import { findOrAddSharedVersion } from './standalone-graph.ts';

const submitSchema = z.strictObject({
  /** With `stage`: the task is that stage of the pipeline, on its own, with that stage's config. */
  pipelineId: idSchema('pipe').optional(),
  stage: z.int().min(0).optional(),
  type: capabilitySchema,
  payload: jsonSchema.default({}),
  priority: z.enum(PRIORITIES).default('medium'),
  timeoutSeconds: z.number().positive().max(31_536_000).optional(),
  retryCount: z.int().min(0).max(99).default(0),
  idempotencyKey: idempotencyKeySchema.optional(),
});
export type SubmitTask = z.input<typeof submitSchema>;

/** A task of its own is a run of one stage. */
export async function submitTask(
  services: Services,
  actor: Actor,
  input: SubmitTask,
): Promise<{ task: TaskDetail; isNew: boolean }> {
  authoriseAnywhere(actor, 'run.operate');
  const { idempotencyKey, ...request } = parseInput(submitSchema, input);
  authorise(actor, 'run.operate', { pipelineId: request.pipelineId });
  const versionId = await inTenant(services.db, actor.orgId, async (tx) => {
    const { config, sensitive } = await findSettings(tx, request);
    const stage: GraphInput['stages'][number] = {
      key: 'task',
      type: request.type,
      config,
      ...(sensitive ? { sensitive } : {}),
      priority: request.priority,
      retry: { maxAttempts: request.retryCount + 1 },
      timeouts: request.timeoutSeconds === undefined ? {} : { stageSeconds: request.timeoutSeconds },
    };
    // Its parameters are part of its payload, so they are as sensitive.
    const parameters =
      sensitive?.input === undefined ? {} : { sensitive: { parameters: sensitive.input !== false } };
    return findOrAddSharedVersion(tx, actor, { services, document: { stages: [stage], ...parameters } });
  });
  const { id, isNew } = await launchRun(services, actor, {
    pipelineId: null,
    versionId,
    input: request.payload,
    parameters: parametersOf(request.payload),
    metadata: { pipeline_id: request.pipelineId ?? null, stage: request.stage ?? null },
    notification: null,
    trigger: 'task',
    idempotencyKey,
    action: 'task.submitted',
    request: JSON.parse(JSON.stringify({ task: request })) as Json,
  });
  const task = taskId(id, 0);
  return { task: await viewTask(services, actor, task), isNew };
}

function parametersOf(payload: Json): JsonObject {
  const given = isJsonObject(payload) ? payload.parameters : undefined;
  return isJsonObject(given) ? given : {};
}

/** What a stage of a pipeline says of itself. */
async function findSettings(
  tx: TenantTransaction,
  {
    pipelineId,
    stage,
    type,
  }: { pipelineId?: PipelineId | undefined; stage?: number | undefined; type: string },
): Promise<Pick<Stage, 'config' | 'sensitive'>> {
  if (pipelineId === undefined) return { config: {} };
  await loadPipeline(tx, pipelineId);
  if (stage === undefined) return { config: {} };
  const newest = await findNewestVersion(tx, pipelineId);
  if (!newest) return { config: {} };
  const found = graphSchema.parse(newest.graph).stages[stage];
  if (!found) throw notFound('stage', `${stage} of ${pipelineId}`);
  if (found.type === type) return found;
  throw invalid(`Stage ${stage} of ${pipelineId} is of type ${found.type}, not ${type}.`);
}
