import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type TaskFilter, taskFilterFields } from '#server/services/task/task-filter.ts';
import { runFilterInput } from './run-filter.ts';

const { version, version_id, tag, metadata, created_after, created_before, finished_after, finished_before } =
  runFilterInput;

/** What tasks are looked for by, as it travels. All that is given must be true of a task. */
export const taskFilterInput = {
  standalone: taskFilterFields.standalone.describe(
    'Only those that were submitted on their own, or (`false`) those of all runs. Left out: on their own, unless `run_id`, `version`, `version_id`, `trigger` or `stage` is given.',
  ),
  over: taskFilterFields.over.describe('Only those that have ended, or only those that have not.'),
  status: taskFilterFields.status,
  state: taskFilterFields.state.describe('The same in finer words.'),
  capability: taskFilterFields.capability.describe('The `type` of a task: what it asks for.'),
  stage: taskFilterFields.stage.describe('The `key` of its stage.'),
  waiting: taskFilterFields.waiting.describe('It waits for one of these: the `code` of its `waiting`.'),
  run_id: idSchema('run').optional(),
  pipeline_id: idSchema('pipe')
    .optional()
    .describe('Of its run; of a task on its own, the one that was named when it was submitted.'),
  version,
  version_id,
  tag: tag.describe('Of the pipeline of its run, or in the list `tags` of its metadata.'),
  metadata: metadata.describe('`key=value` of a plain value at the top of the metadata of its run.'),
  agent_id: idSchema('agent').optional().describe('It has the task, or had an attempt of it.'),
  trigger: taskFilterFields.trigger.describe('What its run was begun by: `task` if it is on its own.'),
  error_group: taskFilterFields.errorGroup.describe('The `error_group` of its run.'),
  id_prefix: taskFilterFields.idPrefix.describe('The beginning of its id, up to its run’s.'),
  created_after: created_after.describe('When its run was.'),
  created_before,
  started_after: created_after.describe('When it was last given to an agent.'),
  started_before: created_before,
  finished_after,
  finished_before,
  min_duration_ms: taskFilterFields.minDurationMs.describe(
    'Of a task on its own from its submission to its end, of others from their last start.',
  ),
  max_duration_ms: taskFilterFields.maxDurationMs,
};

const taskFilterSchema = z.strictObject(taskFilterInput);

export function toTaskFilter(input: z.output<typeof taskFilterSchema>): TaskFilter {
  return {
    standalone: input.standalone,
    over: input.over,
    status: input.status,
    state: input.state,
    capability: input.capability,
    stage: input.stage,
    waiting: input.waiting,
    runId: input.run_id,
    pipelineId: input.pipeline_id,
    version: input.version,
    versionId: input.version_id,
    tag: input.tag,
    metadata: input.metadata,
    agentId: input.agent_id,
    trigger: input.trigger,
    errorGroup: input.error_group,
    idPrefix: input.id_prefix,
    createdAfter: input.created_after,
    createdBefore: input.created_before,
    startedAfter: input.started_after,
    startedBefore: input.started_before,
    finishedAfter: input.finished_after,
    finishedBefore: input.finished_before,
    minDurationMs: input.min_duration_ms,
    maxDurationMs: input.max_duration_ms,
  };
}
