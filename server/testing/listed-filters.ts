import { type AgentId, type PipelineId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { RunFilter } from '#server/services/run/run-filter.ts';
import { AGENT, BUSY, GROUP, id, LISTED_NOW, PIPELINE, SELDOM, VERSION } from './listed-runs.ts';

export const ago = (days: number) => new Date(LISTED_NOW.getTime() - days * 86_400_000).toISOString();

/** What lists of runs are asked for, one thing after another and together. */
export const FILTERS: Record<string, RunFilter> = {
  nothing: {},
  'a common status': { status: ['succeeded'] },
  'a rare status': { status: ['failed'] },
  'statuses that no run has': { status: ['paused', 'cancelling'] },
  'a pipeline': { pipelineId: PIPELINE },
  'a pipeline and a rare status': { pipelineId: id('pipe', 1) as PipelineId, status: ['failed'] },
  'a version': { versionId: VERSION },
  'a version that never ran': { versionId: id('ver', 1) as VersionId },
  'a day of creation': { createdAfter: ago(20), createdBefore: ago(19) },
  'a tag': { tag: 'tagged' },
  'a tag that nothing has': { tag: 'no such tag' },
  'a tag that all runs have': { tag: 'every' },
  'a tag that only the oldest have': { tag: 'old' },
  'a tag that all runs have and a rare status': { tag: 'every', status: ['failed'] },
  'a tag that only the oldest have and a status that they never had': { tag: 'old', status: ['paused'] },
  'an agent': { agentId: AGENT },
  'an agent and a rare status': { agentId: AGENT, status: ['failed'] },
  'a busy agent': { agentId: BUSY },
  'a busy agent and a status that it never had': { agentId: BUSY, status: ['failed'] },
  'a busy agent and a pipeline': { agentId: BUSY, pipelineId: PIPELINE },
  'a common trigger': { trigger: 'api' },
  'a rare trigger': { trigger: 'manual' },
  'an error group': { errorGroup: GROUP },
  'the beginning of an id': { idPrefix: 'run_01' },
  'common metadata': { metadata: 'env=prod' },
  'rare metadata': { metadata: 'env=rare' },
  'metadata that nothing has': { metadata: 'env=none' },
  'metadata that only the oldest have': { metadata: 'age=old' },
  'common metadata and a rare status': { metadata: 'env=prod', status: ['failed'] },
  'common metadata and a status that it never had': { metadata: 'env=prod', status: ['paused'] },
  'metadata that only the oldest have and a rare status': { metadata: 'age=old', status: ['failed'] },
  'common metadata of one day': { metadata: 'env=prod', createdAfter: ago(20), createdBefore: ago(19) },
  'rare metadata and an agent': { metadata: 'env=rare', agentId: AGENT },
  'common metadata and a busy agent': { metadata: 'env=prod', agentId: BUSY },
  'a busy agent on one day': { agentId: BUSY, createdAfter: ago(20), createdBefore: ago(19) },
  'how long it waits for an agent': { minWaitingMs: 300_000 },
  'having been replayed': { replayed: true },
  'a rare status and no replay': { status: ['failed'], replayed: false },
  'what it replays': { replayOf: id('run', 5) as RunId },
  'a day of ending': { finishedAfter: ago(20), finishedBefore: ago(19) },
  'having ended long ago': { finishedBefore: ago(19) },
  'having ended since': { finishedAfter: ago(19) },
  'a duration that few had': { minDurationMs: 970_000, maxDurationMs: 975_000 },
  'a duration that most had': { minDurationMs: 1000 },
  'a duration that many had': { minDurationMs: 300_000, maxDurationMs: 600_000 },
  'a duration that only the oldest had': { minDurationMs: 1_900_000 },
  'a duration that none had': { minDurationMs: 100_000_000 },
  'a day of ending and a rare status': {
    finishedAfter: ago(20),
    finishedBefore: ago(19),
    status: ['failed'],
  },
};
const ofAgent = (agent: AgentId) =>
  `EXISTS (SELECT FROM tasks WHERE run_id = runs.id AND agent_id = '${toUuid(agent)}')`;

/** What lists that are sorted by ends and durations are asked for, and of which runs it is true. */
export const ENDS: Record<string, [filter: RunFilter, condition: string]> = {
  nothing: [{}, 'true'],
  'a day of ending': [
    { finishedAfter: ago(20), finishedBefore: ago(19) },
    `finished_at >= '${ago(20)}' AND finished_at < '${ago(19)}'`,
  ],
  'a day of creation': [
    { createdAfter: ago(20), createdBefore: ago(19) },
    `created_at >= '${ago(20)}' AND created_at < '${ago(19)}'`,
  ],
  'a duration': [
    { minDurationMs: 970_000, maxDurationMs: 975_000 },
    `finished_at - created_at >= '970 s' AND finished_at - created_at < '975 s'`,
  ],
  'a common status': [{ status: ['succeeded'] }, `status = 'succeeded'`],
  'a rare status': [{ status: ['failed'] }, `status = 'failed'`],
  'a rare status of what took little': [{ status: ['cancelled'] }, `status = 'cancelled'`],
  'what did not end well': [
    { status: ['failed', 'cancelled', 'running'] },
    `status IN ('failed', 'cancelled')`,
  ],
  'whatever is over': [{ status: ['succeeded', 'failed', 'cancelled'] }, 'true'],
  'what did not end well, of a pipeline': [
    { status: ['failed', 'cancelled'], pipelineId: PIPELINE },
    `status IN ('failed', 'cancelled') AND pipeline_id = '${toUuid(PIPELINE)}'`,
  ],
  'a status that is not over': [{ status: ['running'] }, 'false'],
  'a pipeline': [{ pipelineId: PIPELINE }, `pipeline_id = '${toUuid(PIPELINE)}'`],
  'a version': [{ versionId: VERSION }, `version_id = '${toUuid(VERSION)}'`],
  'a rare trigger': [{ trigger: 'manual' }, `trigger = 'manual'`],
  'an error group of a pipeline': [{ errorGroup: GROUP, pipelineId: PIPELINE }, 'false'],
  'rare metadata': [{ metadata: 'env=rare' }, `'env=rare' = ANY (labels)`],
  'metadata that only the oldest have': [{ metadata: 'age=old' }, `'age=old' = ANY (labels)`],
  'common metadata and a status that it never had': [{ metadata: 'env=prod', status: ['paused'] }, 'false'],
  'common metadata and a rare trigger': [
    { metadata: 'env=prod', trigger: 'manual' },
    `'env=prod' = ANY (labels) AND trigger = 'manual'`,
  ],
  'a tag': [{ tag: 'tagged' }, `(pipeline_id = '${toUuid(PIPELINE)}' OR 'tag:tagged' = ANY (labels))`],
  'a tag that all runs have': [{ tag: 'every' }, 'true'],
  'a tag that only the oldest have, and a rare status': [
    { tag: 'old', status: ['failed'] },
    `'tag:old' = ANY (labels) AND status = 'failed'`,
  ],
  'an agent': [{ agentId: AGENT }, ofAgent(AGENT)],
  'an agent and rare metadata': [
    { agentId: AGENT, metadata: 'env=rare' },
    `'env=rare' = ANY (labels) AND ${ofAgent(AGENT)}`,
  ],
  'a busy agent and a status that it never had': [{ agentId: BUSY, status: ['failed'] }, 'false'],
  'having been replayed': [{ replayed: true }, 'false'],
  'a common trigger and no replay': [{ trigger: 'api', replayed: false }, `trigger = 'api'`],
};

const HAD_SELDOM = `id IN (SELECT run_id FROM tasks WHERE stage_key = '${SELDOM}')`;

/** None or few of the many runs that the first condition leads to are what the second one asks for. */
export const SPARSE: Record<string, [filter: RunFilter, condition: string]> = {
  'common metadata and having been replayed': [{ metadata: 'env=prod', replayed: true }, 'false'],
  'common metadata and a duration that many had': [
    { metadata: 'env=prod', minDurationMs: 300_000, maxDurationMs: 600_000, trigger: 'api', replayed: true },
    'false',
  ],
  'a common trigger and having been replayed': [{ trigger: 'api', replayed: true }, 'false'],
  'a duration that most had and having been replayed': [{ minDurationMs: 1000, replayed: true }, 'false'],
  'a duration that only the oldest had and a common trigger': [
    { minDurationMs: 2_200_000, trigger: 'api' },
    `finished_at - created_at >= '2200 s' AND trigger = 'api'`,
  ],
  'a duration that many had, common metadata and a common status': [
    { minDurationMs: 2_200_000, metadata: 'env=prod', status: ['succeeded'] },
    `finished_at - created_at >= '2200 s' AND 'env=prod' = ANY (labels) AND status = 'succeeded'`,
  ],
  'a tag that all runs have and having been replayed': [{ tag: 'every', replayed: true }, 'false'],
  'a busy agent and having been replayed': [{ agentId: BUSY, replayed: true }, 'false'],
  'a stage that only the oldest had': [{ stage: SELDOM }, HAD_SELDOM],
  'a stage that only the oldest had, of a common status': [
    { stage: SELDOM, status: ['succeeded'] },
    `status = 'succeeded' AND ${HAD_SELDOM}`,
  ],
  'a stage that only the oldest had, of what ended in weeks': [
    { stage: SELDOM, finishedAfter: ago(60), finishedBefore: ago(7) },
    `finished_at IS NOT NULL AND ${HAD_SELDOM}`,
  ],
  'a stage that nobody was ever given': [{ stage: 'passed' }, 'false'],
  'an attempt that lost its agent, and a common trigger': [
    { stageOutcome: 'attempt_lost', trigger: 'api' },
    `trigger = 'api' AND id IN (SELECT run_id FROM attempts WHERE ended = 'lost')`,
  ],
};

/** How a stage went: asked of each run, whatever the list is sorted by. */
export const STAGES: Record<string, RunFilter> = {
  'a stage that all had': { stage: 'only' },
  'a stage that only the oldest had': { stage: SELDOM },
  'a type that no stage of any run had': { stageType: 'none' },
  'a stage that only the oldest had, and of another type': {
    stage: SELDOM,
    stageType: 'none',
    stageOutcome: 'retried',
  },
  'a stage that only the oldest had, and failed': { stage: SELDOM, stageOutcome: 'failed' },
  'a stage that was tried again, of a pipeline': {
    pipelineId: PIPELINE,
    stage: SELDOM,
    stageOutcome: 'retried',
  },
  'a stage that failed, of a rare status': { status: ['failed'], stage: SELDOM, stageOutcome: 'failed' },
  'a stage that no run had on a day of ending': {
    ...{ finishedAfter: ago(20), finishedBefore: ago(19) },
    ...{ pipelineId: PIPELINE, stage: 'none' },
  },
  'any stage that lost its agent': { stageOutcome: 'attempt_lost' },
  'an attempt that an agent failed': { agentId: AGENT, stageOutcome: 'attempt_failed' },
  'a stage that a busy agent never did': { agentId: BUSY, stage: SELDOM },
  'a stage of very many that ended in weeks': { finishedAfter: ago(40), stage: SELDOM },
  'a stage of runs that took a while': { minDurationMs: 300_000, stage: SELDOM, stageOutcome: 'retried' },
  'a stage and a tag that all runs have': { tag: 'every', stage: SELDOM },
  'a stage and common metadata': { metadata: 'env=prod', stage: SELDOM },
};
