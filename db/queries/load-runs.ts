import type { Routing, SkipReason, TaskError, Wait } from '#server/domain/engine/events.ts';
import { type RunState, type TaskState, untouchedTask } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { isTaskOver, isTaskUntouched, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import type { Sql } from '../client.ts';

interface RunRecord {
  id: string;
  org_id: string;
  pipeline_id: string | null;
  version_id: string;
  status: RunStatus;
  seq: number;
  revision: number;
  wake_at: string | null;
  deadline_at: string | null;
  force_at: string | null;
  failing: TaskError | null;
  error: TaskError | null;
  input: Json;
  parameters: JsonObject;
  created_at: string;
  finished_at: string | null;
}

interface TaskRecord {
  run_id: string;
  idx: number;
  status: TaskStatus;
  epoch: number;
  attempt: number;
  losses: number;
  agent_id: string | null;
  queue: string | null;
  ready_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  due_at: string | null;
  queue_by: string | null;
  stop_by: string | null;
  progress: number;
  output: Json;
  error: TaskError | null;
  skip: SkipReason | null;
  wait: Wait | null;
  routing: Routing | null;
}

const MS = (column: string) => `extract(epoch FROM ${column}) * 1000 AS ${column}`;

export interface LoadOptions {
  part: string;
  /** Holds the rows until the transaction ends, in one order for all, so that two loaders cannot block each other. */
  lock: boolean;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
}

const UNDEFINED_TABLE = '42P01';

/** Runs as the engine sees them; ids that do not exist are left out, and so are all whose week has been dropped. */
export async function loadRuns(
  sql: Sql,
  ids: readonly RunId[],
  options: LoadOptions,
): Promise<Map<RunId, RunState>> {
  try {
    return await readRuns(sql, ids, options);
  } catch (error) {
    // Under a lock the transaction is spoilt, and nobody locks what was not found without.
    if (options.lock || (error as { code?: unknown }).code !== UNDEFINED_TABLE) throw error;
    return new Map();
  }
}

async function readRuns(
  sql: Sql,
  ids: readonly RunId[],
  options: LoadOptions,
): Promise<Map<RunId, RunState>> {
  const list = `{${ids.map(toUuid).join(',')}}`;
  const { part } = options;
  const runs = await sql.unsafe<RunRecord[]>(
    `SELECT id, org_id, pipeline_id, version_id, status, seq, revision, ${MS('wake_at')}, ${MS('deadline_at')},
       ${MS('force_at')}, failing, error, input, parameters, ${MS('created_at')}, ${MS('finished_at')}
     FROM runs_${part} WHERE id = ANY ($1::text::uuid[]) ORDER BY id ${options.lock ? 'FOR UPDATE' : ''}`,
    [list],
    { prepare: true },
  );
  const tasks = await sql.unsafe<TaskRecord[]>(
    `SELECT run_id, idx, status, epoch, attempt, losses, agent_id, queue, ${MS('ready_at')}, ${MS('started_at')},
       ${MS('finished_at')}, ${MS('due_at')}, ${MS('queue_by')}, ${MS('stop_by')}, progress, output, error, skip, wait, routing
     FROM tasks_${part} WHERE run_id = ANY ($1::text::uuid[]) ORDER BY run_id, idx`,
    [list],
    { prepare: true },
  );
  const tasksOf = Map.groupBy(tasks, (task) => task.run_id);
  const states = new Map<RunId, RunState>();
  for (const run of runs) {
    const graph = await options.graphOf(fromUuid('ver', run.version_id));
    const state = toRunState(run, tasksOf.get(run.id) ?? [], graph);
    states.set(state.id, state);
  }
  return states;
}

const ms = (value: string | null): number | null => (value === null ? null : Number(value));

export function toRunState(run: RunRecord, rows: TaskRecord[], graph: CompiledGraph): RunState {
  const tasks: (TaskState | undefined)[] = new Array(graph.stages.length).fill(undefined);
  const waitsFor = graph.incoming.map((edges) => edges.length);
  let open = 0;
  let left = graph.stages.length;
  let movedAt = Number(run.created_at);
  for (const row of rows) {
    const task = toTaskState(row);
    tasks[row.idx] = task;
    movedAt = Math.max(movedAt, task.readyAt ?? 0, task.startedAt ?? 0, task.finishedAt ?? 0);
    if (isTaskOver(task.status)) {
      left -= 1;
      for (const edge of graph.outgoing[row.idx] ?? []) waitsFor[edge.to] = (waitsFor[edge.to] ?? 0) - 1;
    } else if (!isTaskUntouched(task.status)) {
      open += 1;
    }
  }
  return {
    id: fromUuid('run', run.id),
    orgId: fromUuid('org', run.org_id),
    pipelineId: run.pipeline_id === null ? null : fromUuid('pipe', run.pipeline_id),
    versionId: fromUuid('ver', run.version_id),
    graph,
    input: run.input,
    parameters: run.parameters,
    status: run.status,
    seq: run.seq,
    revision: run.revision,
    failing: run.failing,
    error: run.error,
    deadlineAt: ms(run.deadline_at),
    forceAt: ms(run.force_at),
    wakeAt: ms(run.wake_at),
    startedAt: Number(run.created_at),
    finishedAt: ms(run.finished_at),
    movedAt,
    tasks,
    waitsFor,
    open,
    left,
    stored: true,
  };
}

function toTaskState(row: TaskRecord): TaskState {
  return {
    ...untouchedTask(row.idx),
    status: row.status,
    epoch: row.epoch,
    attempt: row.attempt,
    losses: row.losses,
    agent: row.agent_id === null ? null : fromUuid('agent', row.agent_id),
    queue: row.queue,
    readyAt: ms(row.ready_at),
    startedAt: ms(row.started_at),
    finishedAt: ms(row.finished_at),
    dueAt: ms(row.due_at),
    queueBy: ms(row.queue_by),
    stopBy: ms(row.stop_by),
    progress: row.progress,
    output: isTaskOver(row.status) ? row.output : undefined,
    error: row.error,
    skip: row.skip,
    wait: row.wait,
    routing: row.routing,
    stored: true,
  };
}
