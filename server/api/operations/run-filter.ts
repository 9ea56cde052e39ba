import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type RunFilter, runFilterFields } from '#server/services/run/run-filter.ts';

const moment = z.iso.datetime({ offset: true }).optional();

/** What runs are looked for by, as it travels. All that is given must be true of a run. */
export const runFilterInput = {
  pipeline_id: idSchema('pipe').optional(),
  version: z.int().min(1).optional().describe('A number of the pipeline, which must be named too.'),
  version_id: idSchema('ver').optional(),
  status: runFilterFields.status,
  created_after: moment,
  created_before: moment,
  finished_after: moment,
  finished_before: moment,
  min_duration_ms: runFilterFields.minDurationMs,
  max_duration_ms: runFilterFields.maxDurationMs,
  tag: runFilterFields.tag.describe('Of its pipeline, or in the list `tags` of its metadata.'),
  agent_id: idSchema('agent').optional().describe('It has worked on a task.'),
  trigger: runFilterFields.trigger,
  error_group: runFilterFields.errorGroup.describe('The `error_group` of a run that failed likewise.'),
  id_prefix: runFilterFields.idPrefix.describe('The beginning of its id.'),
  metadata: runFilterFields.metadata.describe('`key=value` of a plain value at the top of its metadata.'),
  replay_of: idSchema('run').optional(),
  min_waiting_ms: runFilterFields.minWaitingMs.describe(
    'It goes on, and for so long a task of it has been waiting for an agent.',
  ),
  replayed: runFilterFields.replayed.describe('It has a replay, or it has none.'),
  stage: runFilterFields.stage.describe('Key of a stage that an agent was given in it.'),
  stage_type: runFilterFields.stageType.describe(
    'Type of that stage as the run had it, or of any stage if none is named.',
  ),
  stage_outcome: runFilterFields.stageOutcome.describe(
    'How that stage went, or any stage if none is named: `ran` (meant if only `stage` or `stage_type` is given), `failed` for good, `retried` after an attempt, or an attempt of it failed or lost its agent, whatever came of it. With `agent_id`: at that agent.',
  ),
};

const runFilterSchema = z.strictObject(runFilterInput);

export function toRunFilter(input: z.output<typeof runFilterSchema>): RunFilter {
  return {
    pipelineId: input.pipeline_id,
    version: input.version,
    versionId: input.version_id,
    status: input.status,
    createdAfter: input.created_after,
    createdBefore: input.created_before,
    finishedAfter: input.finished_after,
    finishedBefore: input.finished_before,
    minDurationMs: input.min_duration_ms,
    maxDurationMs: input.max_duration_ms,
    tag: input.tag,
    agentId: input.agent_id,
    trigger: input.trigger,
    errorGroup: input.error_group,
    idPrefix: input.id_prefix,
    metadata: input.metadata,
    replayOf: input.replay_of,
    minWaitingMs: input.min_waiting_ms,
    replayed: input.replayed,
    stage: input.stage,
    stageType: input.stage_type,
    stageOutcome: input.stage_outcome,
  };
}
