import { and, arrayContains, eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines, versions } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound } from '#server/domain/errors.ts';
import { capabilitySchema, stageKeySchema } from '#server/domain/graph/schema.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { metadataLabel, tagLabel } from '#server/domain/run-labels.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import type { RunConditions } from './run-conditions.ts';
import { STAGE_OUTCOMES } from './run-stages.ts';

const moment = z.iso.datetime({ offset: true });
const milliseconds = z.number().min(0).max(1e12);

/** What runs are looked for by. All that is given must be true of a run. */
export const runFilterFields = {
  pipelineId: idSchema('pipe').optional(),
  /** A number of the pipeline's. */
  version: z.int().min(1).optional(),
  versionId: idSchema('ver').optional(),
  status: z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length).optional(),
  createdAfter: moment.optional(),
  createdBefore: moment.optional(),
  finishedAfter: moment.optional(),
  finishedBefore: moment.optional(),
  minDurationMs: milliseconds.optional(),
  maxDurationMs: milliseconds.optional(),
  /** A tag of its pipeline, or one in the list `tags` of its metadata. */
  tag: z.string().min(1).max(64).optional(),
  /** It has worked on a task. */
  agentId: idSchema('agent').optional(),
  trigger: z.string().min(1).max(64).optional(),
  errorGroup: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be the error_group of a run')
    .optional(),
  /** The beginning of its id. */
  idPrefix: z
    .string()
    .regex(/^(run_)?[0-9a-f]{1,32}$/, 'must be the beginning of a run id')
    .optional(),
  /** `key=value` of a plain value at the top of its metadata. */
  metadata: z
    .string()
    .regex(/^[^=]{1,100}=.{0,200}$/s, 'must be key=value')
    .optional(),
  replayOf: idSchema('run').optional(),
  /** It goes on, and for so long a task of it has been waiting for an agent. */
  minWaitingMs: milliseconds.optional(),
  /** Somebody has replayed it, or nobody has. */
  replayed: z.boolean().optional(),
  /** The key of a stage that an agent was given in it. */
  stage: stageKeySchema.optional(),
  /** What it asked for there: a stage may have been of another type in another version, and tasks that stand alone have one key. */
  stageType: capabilitySchema.optional(),
  /** How that stage went, or any: `ran`, if only the stage is named. With an agent: at that agent. */
  stageOutcome: z.enum(STAGE_OUTCOMES).optional(),
};
const runFilterSchema = z.strictObject(runFilterFields);
export type RunFilter = z.output<typeof runFilterSchema>;

/** The filter with all that must be looked up for it, or refused to this actor. */
export async function resolveFilter(
  tx: TenantTransaction,
  actor: Actor,
  filter: RunFilter,
): Promise<RunConditions> {
  const { version, tag } = filter;
  return {
    ...plainConditions(actor, filter),
    ...(version === undefined ? {} : { versionId: await findVersion(tx, filter, version) }),
    ...(tag === undefined
      ? {}
      : {
          tagged: {
            pipelineUuids: await findTagged(tx, tag),
            ...(may(actor, 'run.payload') ? { label: tagLabel(tag), tag } : { label: null, tag: null }),
          },
        }),
  };
}

/** The same in a transaction of its own, which most filters do without: they name nothing that is looked up. */
export async function resolveFilterAlone(
  { db }: Services,
  actor: Actor,
  filter: RunFilter,
): Promise<RunConditions> {
  if (filter.version === undefined && filter.tag === undefined) return plainConditions(actor, filter);
  return inTenant(db, actor.orgId, (tx) => resolveFilter(tx, actor, filter));
}

function plainConditions(actor: Actor, filter: RunFilter): RunConditions {
  const { version: _, tag: __, metadata, idPrefix, stage, stageType, stageOutcome, ...rest } = filter;
  // Metadata is part of what a run works on: who may not read it does not find runs by it either.
  if (metadata !== undefined) authorise(actor, 'run.payload');
  const [key = '', ...value] = metadata?.split('=') ?? [];
  return {
    ...rest,
    orgUuid: toUuid(actor.orgId),
    ...((stage ?? stageType ?? stageOutcome) === undefined
      ? {}
      : {
          stage: { key: stage, type: stageType, outcome: stageOutcome ?? 'ran', agentId: filter.agentId },
        }),
    ...(metadata === undefined ? {} : { label: metadataLabel(key, value.join('=')) }),
    ...(idPrefix === undefined ? {} : { idRange: rangeOf(idPrefix) }),
  };
}

async function findVersion(tx: TenantTransaction, { pipelineId }: RunFilter, number: number) {
  if (pipelineId === undefined)
    throw invalid(
      'A version is a number of a pipeline.',
      undefined,
      'Name the pipeline too, or use version_id.',
    );
  const [row] = await tx
    .select({ id: versions.id })
    .from(versions)
    .where(and(eq(versions.pipelineId, toUuid(pipelineId)), eq(versions.number, number)));
  if (!row) throw notFound('version', `${number} of ${pipelineId}`);
  return row.id;
}

async function findTagged(tx: TenantTransaction, tag: string): Promise<string[]> {
  const rows = await tx
    .select({ id: pipelines.id })
    .from(pipelines)
    .where(arrayContains(pipelines.tags, [tag]));
  return rows.map(({ id }) => id);
}

function rangeOf(prefix: string): { from: string; to: string } {
  const digits = toUuid(prefix);
  return { from: digits.padEnd(32, '0'), to: digits.padEnd(32, 'f') };
}
