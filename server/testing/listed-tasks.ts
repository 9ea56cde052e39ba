import type { SkipReason, Wait } from '#server/domain/engine/events.ts';
import {
  type AgentId,
  type PipelineId,
  type RunId,
  taskId,
  toUuid,
  type VersionId,
} from '#server/domain/ids.ts';
import { metadataLabel, tagLabel } from '#server/domain/run-labels.ts';
import { isRunOver, isTaskOver, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import { taskWord } from '#server/domain/task-words.ts';
import { unsaidWait } from '#server/domain/waiting.ts';
import type { TestApp } from './app.ts';
import { id } from './listed-runs.ts';

/** Few tasks of every kind, known to the last field, to compare lists of them with. */

const RUNS = 72;
/** On an hour, so that no clock is asked. */
const BEGIN = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 6 * 3_600_000;
const MINUTE = 60_000;
export const timeOf = (minutes: number): string => new Date(BEGIN + minutes * MINUTE).toISOString();

const PIPELINES = [id('pipe', 1), id('pipe', 2)] as PipelineId[];
export const [PIPELINE = id('pipe', 1) as PipelineId] = PIPELINES;
export const agentOf = (number: number) => id('agent', number % 3) as AgentId;
export const ERROR_GROUP = '0123456789abcdef';
const TYPES = ['echo', 'delay'];
const KEYS = ['first', 'second', 'third'];

interface KnownRun {
  id: RunId;
  isStandalone: boolean;
  pipelineId: PipelineId | null;
  versionId: VersionId;
  trigger: string;
  status: RunStatus;
  labels: string[];
  errorGroup: string | null;
  createdAt: number;
  finishedAt: number | null;
}

export interface KnownTask {
  id: string;
  run: KnownRun;
  index: number;
  key: string;
  type: string;
  status: TaskStatus;
  word: string;
  skip: SkipReason | null;
  wait: Wait | null;
  waiting: string | null;
  agent: AgentId | null;
  /** Who had an earlier attempt. */
  before: AgentId | null;
  startedAt: number | null;
  finishedAt: number | null;
}

/** How tasks may stand in a run that stands so, in turns. */
const STANDING: Record<RunStatus, readonly (readonly [TaskStatus, SkipReason?])[]> = {
  running: [['ready'], ['queued'], ['running'], ['retrying'], ['succeeded'], ['skipped', 'branch-not-taken']],
  paused: [['ready'], ['succeeded'], ['retrying']],
  cancelling: [['running'], ['cancelled'], ['succeeded']],
  succeeded: [['succeeded'], ['failed'], ['skipped', 'upstream-failed'], ['succeeded']],
  failed: [['failed'], ['skipped', 'run-failing'], ['succeeded'], ['cancelled']],
  cancelled: [['cancelled'], ['succeeded'], ['failed']],
};
const ALONE: Record<RunStatus, readonly TaskStatus[]> = {
  running: ['ready', 'queued', 'running', 'retrying'],
  paused: ['ready', 'retrying'],
  cancelling: ['running'],
  succeeded: ['succeeded'],
  failed: ['failed', 'cancelled'],
  cancelled: ['cancelled', 'succeeded'],
};
const STATUSES = Object.keys(STANDING) as RunStatus[];

const versionOf = (n: number): VersionId => id('ver', n % 3 === 0 ? 30 : 10 + (n % 4)) as VersionId;

function runOf(n: number): KnownRun {
  const isStandalone = n % 3 === 0;
  const status = STATUSES[Math.floor(n / 3) % STATUSES.length] ?? 'running';
  const createdAt = BEGIN + n * MINUTE;
  const named = n % 2 === 0 ? [metadataLabel('pipeline_id', PIPELINE)] : [];
  return {
    id: `run_${hexOf(createdAt)}7000a${n.toString(16).padStart(15, '0')}` as RunId,
    isStandalone,
    pipelineId: isStandalone ? null : (PIPELINES[n % 2] ?? null),
    versionId: versionOf(n),
    trigger: isStandalone ? 'task' : n % 5 === 0 ? 'manual' : 'api',
    status,
    labels: [
      ...(isStandalone ? named : []),
      ...(n % 4 < 2 ? [metadataLabel('env', 'prod')] : []),
      ...(n % 5 < 2 ? [tagLabel('nightly')] : []),
    ],
    errorGroup: n % 7 < 3 && isRunOver(status) ? ERROR_GROUP : null,
    createdAt,
    finishedAt: isRunOver(status) ? createdAt + (1 + ((n * 7) % 20)) * MINUTE : null,
  };
}

const hexOf = (time: number): string => time.toString(16).padStart(12, '0');

function tasksOf(run: KnownRun, n: number): KnownTask[] {
  const count = run.isStandalone ? 1 : 1 + (n % KEYS.length);
  return Array.from({ length: count }, (_, index) => taskOf(run, n, index));
}

function taskOf(run: KnownRun, n: number, index: number): KnownTask {
  const turn = Math.floor(n / 18) + index + n;
  const alone = ALONE[run.status];
  const standing = STANDING[run.status];
  const [status = 'ready', skip = null] = run.isStandalone
    ? [alone[Math.floor(n / 18) % alone.length]]
    : (standing[turn % standing.length] ?? []);
  const isOver = isTaskOver(status);
  const wasGiven = skip === null && (isOver || turn % 2 === 0);
  const startedAt = wasGiven ? run.createdAt + (index + (n % 4)) * 15_000 : null;
  const ended = run.isStandalone ? run.finishedAt : run.createdAt + (2 + ((n * 5 + index) % 9)) * MINUTE;
  const wait = isOver ? null : (WAITS[turn % WAITS.length] ?? null);
  return {
    id: taskId(run.id, index),
    run,
    index,
    key: run.isStandalone ? 'task' : (KEYS[index] ?? ''),
    type: TYPES[(n + index) % TYPES.length] ?? '',
    ...{ status, skip, wait },
    word: taskWord({ status, skip }),
    waiting: isOver ? null : (wait?.code ?? unsaidWait(status)),
    agent: wasGiven ? agentOf(n + index) : null,
    before: turn % 4 === 0 ? agentOf(n + index + 1) : null,
    startedAt,
    finishedAt: isOver ? ended : null,
  };
}
const WAITS: readonly (Wait | null)[] = [null, { code: 'no-agent' }, null, { code: 'paused' }];

export const TASKS: readonly KnownTask[] = Array.from({ length: RUNS }, (_, n) => n).flatMap((n) =>
  tasksOf(runOf(n), n),
);

export async function fillWithTasks({ database: { sql }, actor }: TestApp): Promise<void> {
  const org = toUuid(actor.orgId);
  await sql`SELECT ensure_parts(now() - interval '1 week', now())`;
  await sql`INSERT INTO pipelines (id, org_id, name)
    SELECT id::uuid, ${org}::text::uuid, 'listed ' || id FROM unnest(${`{${PIPELINES.map(toUuid).join(',')}}`}::text::text[]) AS made (id)`;
  await fillVersions(sql, org);
  await sql`INSERT INTO runs (id, org_id, pipeline_id, version_id, status, seq, revision, error_group, labels, input, parameters, metadata,
      trigger, tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT id, ${org}::text::uuid, pipeline_id, version_id, status, 9, 9, error_group, labels, '{}', '{}', '{}', trigger, 1, 0, created_at, finished_at,
      created_at FROM json_populate_recordset(NULL::runs, ${JSON.stringify([...new Set(TASKS.map(({ run }) => run))].map(rowOfRun))}::text::json)`;
  await sql`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id, started_at, finished_at,
      progress, skip, wait)
    SELECT run_id, idx, ${org}::text::uuid, stage_key, capability, status, 2, 1, 0, agent_id, started_at, finished_at, 0, skip, wait
    FROM json_populate_recordset(NULL::tasks, ${JSON.stringify(TASKS.map(rowOfTask))}::text::json)`;
  await sql`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, finished_at)
    SELECT run_id, idx, 1, ${org}::text::uuid, 1, agent_id, 'failed', now()
    FROM json_populate_recordset(NULL::attempts, ${JSON.stringify(TASKS.filter(({ before }) => before !== null).map(rowOfAttempt))}::text::json)`;
}

async function fillVersions(sql: TestApp['database']['sql'], org: string): Promise<void> {
  const pipelineOf = new Map(TASKS.map(({ run }) => [run.versionId, run.pipelineId]));
  const stages = (isAlone: boolean) => (isAlone ? ['task'] : KEYS).map((key) => ({ key, type: TYPES[0] }));
  for (const [versionId, pipelineId] of pipelineOf) {
    const graph = JSON.stringify({ stages: stages(pipelineId === null) });
    const number = VERSIONS.indexOf(versionId) + 1;
    await sql`INSERT INTO versions (id, org_id, pipeline_id, number, graph, content_hash)
      VALUES (${toUuid(versionId)}::text::uuid, ${org}::text::uuid, ${pipelineId && toUuid(pipelineId)}::text::uuid, ${number},
        ${graph}::text::json, ${versionId})`;
  }
}
const VERSIONS = [...new Set(TASKS.map(({ run }) => run.versionId))];
export const numberOf = ({ versionId }: KnownRun): number => VERSIONS.indexOf(versionId) + 1;

const instant = (time: number | null) => (time === null ? null : new Date(time).toISOString());

const rowOfRun = (run: KnownRun) => ({
  id: toUuid(run.id),
  pipeline_id: run.pipelineId && toUuid(run.pipelineId),
  version_id: toUuid(run.versionId),
  ...{ status: run.status, error_group: run.errorGroup, labels: run.labels, trigger: run.trigger },
  created_at: instant(run.createdAt),
  finished_at: instant(run.finishedAt),
});

const rowOfTask = (task: KnownTask) => ({
  run_id: toUuid(task.run.id),
  idx: task.index,
  stage_key: task.key,
  capability: task.type,
  ...{ status: task.status, skip: task.skip, wait: task.wait },
  agent_id: task.agent && toUuid(task.agent),
  started_at: instant(task.startedAt),
  finished_at: instant(task.finishedAt),
});

const rowOfAttempt = ({ run, index, before }: KnownTask) => ({
  run_id: toUuid(run.id),
  idx: index,
  agent_id: before && toUuid(before),
});
