import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { given, readyRows } from '#db/ready-rows.ts';
import { pipelines, versions } from '#db/schema/index.ts';
import { inTenant, readTenant } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, type PipelineId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { jsonObjectSchema, jsonSchema } from '#server/domain/json-shape.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { withAsker } from '../notification/may-hear.ts';
import { ensureDefaultSecret } from '../notification/signing-secret.ts';
import { parseInput } from '../parse-input.ts';
import { refuseArchived } from '../pipeline/pipeline-view.ts';
import { viewOfBirth } from './born-view.ts';
import { type Launch, launchRun } from './launch.ts';
import { redactRun } from './redact.ts';
import { type RunView, readRun } from './run-view.ts';

const startSchema = z.strictObject({
  pipelineId: idSchema('pipe'),
  /** Its number; left out, the newest. */
  version: z.int().min(1).optional(),
  input: jsonSchema.default(null),
  parameters: jsonObjectSchema.default({}),
  metadata: jsonObjectSchema.default({}),
  notification: z
    .strictObject({ webhook: z.url({ protocol: /^https?$/ }).optional(), email: z.email().optional() })
    .optional(),
  trigger: z.enum(['manual', 'api']).default('api'),
  idempotencyKey: idempotencyKeySchema.optional(),
});
export type StartRun = z.input<typeof startSchema>;

export async function startRun(
  services: Services,
  actor: Actor,
  input: StartRun,
): Promise<{ run: RunView; isNew: boolean }> {
  authoriseAnywhere(actor, 'run.operate');
  const { idempotencyKey, ...request } = parseInput(startSchema, input);
  authorise(actor, 'run.operate', { pipelineId: request.pipelineId });
  const versionId = await findVersion(services, actor, request);
  if (request.notification?.webhook) {
    await inTenant(services.db, actor.orgId, (tx) => ensureDefaultSecret(tx, services, actor.orgId));
  }
  const launch: Launch = {
    ...request,
    notification: withAsker(actor, request.notification),
    versionId,
    idempotencyKey,
    action: 'run.started',
    request: { ...request, version: request.version ?? null, notification: { ...request.notification } },
  };
  const { id, isNew, born } = await launchRun(services, actor, launch);
  const run = (born && viewOfBirth(born, launch)) ?? (await readRun(services, actor.orgId, id));
  return { run: redactRun(actor, run), isNew };
}

const PIPELINE = readyRows(
  { name: pipelines.name, archivedAt: pipelines.archivedAt },
  pipelines,
  sql`${pipelines.id} = ${given('id')}`,
);
const NEWEST = readyRows(
  { id: versions.id },
  versions,
  sql`${versions.pipelineId} = ${given('id')} ORDER BY ${versions.number} DESC LIMIT 1`,
);
const NUMBERED = readyRows(
  { id: versions.id },
  versions,
  sql`${versions.pipelineId} = ${given('id')} AND ${versions.number} = ${given('number')}`,
);

async function findVersion(
  { db }: Services,
  { orgId }: Actor,
  { pipelineId: id, version: number }: { pipelineId: PipelineId; version?: number | undefined },
): Promise<VersionId> {
  const ofPipeline = { id: toUuid(id), number };
  const meant = number === undefined ? NEWEST(ofPipeline) : NUMBERED(ofPipeline);
  const [[pipeline], [version]] = await readTenant(db, orgId, [PIPELINE(ofPipeline), meant]);
  if (!pipeline) throw notFound('pipeline', id);
  refuseArchived(pipeline);
  if (version) return fromUuid('ver', version.id);
  if (number !== undefined) throw notFound('version', `${number} of ${id}`);
  throw new SignalboxError(
    'CONFLICT',
    `The pipeline ${JSON.stringify(pipeline.name)} has no published version.`,
    { advice: 'Publish its draft first.' },
  );
}
