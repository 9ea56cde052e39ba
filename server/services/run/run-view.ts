import { asc, eq, getTableColumns, sql } from 'drizzle-orm';
import { given, readyRows } from '#db/ready-rows.ts';
import { runs, tasks } from '#db/schema/index.ts';
import { type DoorDatabase, readTenant, type TenantTransaction } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { notFound } from '#server/domain/errors.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Marks } from '#server/domain/graph/marks.ts';
import {
  type AgentId,
  fromUuid,
  type OrgId,
  type PipelineId,
  type RunId,
  type TaskId,
  taskId,
  toUuid,
  type VersionId,
} from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { remembering } from '#server/domain/remembering.ts';
import { isTaskOver, isTaskUntouched, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import { explainWait, unsaidWait, type Waiting } from '#server/domain/waiting.ts';
import { type Shown, showRun, showTask } from './shown.ts';

export type RunRow = typeof runs.$inferSelect;
export type TaskRow = typeof tasks.$inferSelect;
/** What a run is shown by. */
type RunShown = Pick<
  RunRow,
  keyof typeof SUMMARY_COLUMNS | 'input' | 'parameters' | 'metadata' | 'deadlineAt'
>;
/** What a task worked on and why its agent was chosen are most of its bytes, and no part of its shape. */
export type TaskShape = Omit<TaskRow, Unshown | 'output' | 'routing'> &
  Partial<Pick<TaskRow, 'output' | 'routing'>>;
type Unshown = 'runId' | 'orgId' | 'stageKey' | 'capability' | 'losses' | 'queueBy' | 'stopBy';

export interface TaskView extends Shown {
  id: TaskId;
  index: number;
  stageKey: string;
  name: string;
  capability: string;
  /** Places of the stages that it follows. */
  after: number[];
  status: TaskStatus;
  attempt: number;
  epoch: number;
  agentId: AgentId | null;
  progress: number;
  readyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  output: Json | null;
  error: TaskError | null;
  skip: string | null;
  routing: Json;
  waiting: Waiting | null;
  /** It handles something marked sensitive, so what it says is hidden, and what is marked of what it made. */
  isSensitive: boolean;
}

export interface RunSummary {
  id: RunId;
  pipelineId: PipelineId | null;
  versionId: VersionId;
  status: RunStatus;
  seq: number;
  /** 0 to 1. */
  progress: number;
  tasksTotal: number;
  tasksLeft: number;
  trigger: string;
  error: TaskError | null;
  /** Equal for failures of one kind. */
  errorGroup: string | null;
  replayOf: RunId | null;
  replayFrom: string | null;
  createdAt: Date;
  finishedAt: Date | null;
  updatedAt: Date;
}

export interface RunView extends RunSummary, Shown {
  input: Json;
  parameters: JsonObject;
  metadata: JsonObject;
  deadlineAt: Date | null;
  tasks: TaskView[];
}

export async function loadRunRow(tx: TenantTransaction, id: RunId): Promise<RunRow> {
  const [row] = await tx
    .select()
    .from(runs)
    .where(eq(runs.id, toUuid(id)));
  if (!row) throw notFound('run', id);
  return row;
}

export function loadTaskRows(tx: TenantTransaction, id: RunId): Promise<TaskRow[]> {
  return tx
    .select()
    .from(tasks)
    .where(eq(tasks.runId, toUuid(id)))
    .orderBy(asc(tasks.index));
}

export const pipelineIdOf = ({ pipelineId }: Pick<RunRow, 'pipelineId'>): PipelineId | null =>
  pipelineId === null ? null : fromUuid('pipe', pipelineId);

/** A list shows no payloads, so it reads none. */
export const SUMMARY_COLUMNS = {
  id: runs.id,
  pipelineId: runs.pipelineId,
  versionId: runs.versionId,
  status: runs.status,
  seq: runs.seq,
  tasksTotal: runs.tasksTotal,
  tasksLeft: runs.tasksLeft,
  trigger: runs.trigger,
  error: runs.error,
  failing: runs.failing,
  errorGroup: runs.errorGroup,
  replayOf: runs.replayOf,
  replayFrom: runs.replayFrom,
  createdAt: runs.createdAt,
  finishedAt: runs.finishedAt,
  updatedAt: runs.updatedAt,
};

export function toSummary(row: Pick<RunRow, keyof typeof SUMMARY_COLUMNS>): RunSummary {
  return {
    id: fromUuid('run', row.id),
    pipelineId: pipelineIdOf(row),
    versionId: fromUuid('ver', row.versionId),
    status: row.status,
    seq: row.seq,
    progress: row.tasksTotal === 0 ? 1 : (row.tasksTotal - row.tasksLeft) / row.tasksTotal,
    tasksTotal: row.tasksTotal,
    tasksLeft: row.tasksLeft,
    trigger: row.trigger,
    error: row.error ?? row.failing,
    errorGroup: row.errorGroup,
    replayOf: row.replayOf === null ? null : fromUuid('run', row.replayOf),
    replayFrom: row.replayFrom,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    updatedAt: row.updatedAt,
  };
}

export function toRunView(row: RunShown, taskRows: readonly TaskShape[], graph: CompiledGraph): RunView {
  return toPlacesOfRun(row, taskRows, { graph, shown: [...graph.stages.keys()] });
}

/** With these of its tasks and no others: a run may have thousands. */
export const toPartOfRun = (row: RunShown, taskRows: readonly TaskShape[], graph: CompiledGraph): RunView =>
  toPlacesOfRun(row, taskRows, { graph, shown: taskRows.map(({ index }) => index) });

/** These of its tasks; `taskRows` has what they wait for as well. */
export function toPlacesOfRun(
  row: RunShown,
  taskRows: readonly TaskShape[],
  { graph, shown }: { graph: CompiledGraph; shown: readonly number[] },
): RunView {
  const byIndex = new Map(taskRows.map((task) => [task.index, task]));
  const agentOf = remembering((uuid: string) => fromUuid('agent', uuid));
  const about = { id: fromUuid('run', row.id), createdAt: row.createdAt, graph, byIndex, agentOf };
  const tasks = shown.map((index) => toTaskView(about, index));
  const done = tasks.reduce((sum, task) => sum + (isTaskOver(task.status) ? 1 : task.progress), 0);
  const view = {
    ...toSummary(row),
    progress: tasks.length === 0 ? 1 : done / tasks.length,
    input: row.input,
    parameters: row.parameters,
    metadata: row.metadata,
    deadlineAt: row.deadlineAt,
    tasks,
  };
  return showRun(view, graph.marks);
}

/** What its tasks are told by. */
interface OfRun {
  id: RunId;
  createdAt: Date;
  graph: CompiledGraph;
  byIndex: ReadonlyMap<number, TaskShape>;
  agentOf(uuid: string): AgentId;
}

function toTaskView(run: OfRun, index: number): TaskView {
  const { id, graph, byIndex, agentOf } = run;
  const row = byIndex.get(index);
  const stage = graph.stages[index]?.stage;
  const view = {
    id: taskId(id, index),
    index,
    stageKey: stage?.key ?? '',
    name: stage?.name ?? stage?.key ?? '',
    capability: stage?.type ?? '',
    after: (graph.incoming[index] ?? []).map(({ from }) => from),
    status: row?.status ?? 'pending',
    attempt: row?.attempt ?? 0,
    epoch: row?.epoch ?? 0,
    agentId: row?.agentId ? agentOf(row.agentId) : null,
    progress: row?.progress ?? 0,
    readyAt: row?.readyAt ?? null,
    startedAt: row?.startedAt ?? null,
    finishedAt: row?.finishedAt ?? null,
    output: row?.output ?? null,
    error: row?.error ?? null,
    skip: row?.skip ?? null,
    routing: (row?.routing ?? null) as Json,
    waiting: waitingOf(run, index),
    isSensitive: graph.marks.stages[index]?.isQuiet ?? false,
  };
  return showTask(view, graph.marks);
}

/** Why the task does not go on, if it is one that could: one that runs waits for people at most, one that has ended for nothing. */
function waitingOf({ id: runId, createdAt, graph, byIndex }: OfRun, index: number): Waiting | null {
  const row = byIndex.get(index);
  const capability = graph.stages[index]?.stage.type ?? '';
  if (!row || isTaskUntouched(row.status)) {
    const upstream = (graph.incoming[index] ?? []).flatMap(({ from }) => {
      const stage = graph.stages[from]?.stage;
      const before = byIndex.get(from);
      return stage && !(before && isTaskOver(before.status))
        ? [{ key: stage.key, name: stage.name ?? stage.key, id: taskId(runId, from) }]
        : [];
    });
    return explainWait({ code: 'dependency' }, { capability, since: createdAt.getTime(), upstream });
  }
  const selector = graph.stages[index]?.stage.agent;
  const facts = {
    ...{ capability, runId },
    ...(selector ? { selector } : {}),
    since: row.readyAt?.getTime() ?? null,
    dueAt: row.dueAt?.getTime() ?? null,
    queue: row.queue,
  };
  if (isTaskOver(row.status)) return null;
  const unsaid = unsaidWait(row.status);
  const wait = row.wait ?? (unsaid && { code: unsaid });
  return wait && explainWait(wait, facts);
}

type GraphOf = (id: VersionId) => Promise<CompiledGraph>;

/** What is sensitive in a run is said by its version. */
export async function marksOf(
  { graphOf }: { graphOf: GraphOf },
  { versionId }: Pick<RunRow, 'versionId'>,
): Promise<Marks> {
  return (await graphOf(fromUuid('ver', versionId))).marks;
}

/** Thousands of rows are read as fast as they are narrow: what no shape shows is not fetched. */
const {
  output: _output,
  routing: _routing,
  runId: _runId,
  orgId: _orgId,
  stageKey: _stageKey,
  capability: _capability,
  losses: _losses,
  queueBy: _queueBy,
  stopBy: _stopBy,
  ...SHAPE_COLUMNS
} = getTableColumns(tasks);
const OF_RUN = sql`${tasks.runId} = ${given('id')} ORDER BY ${tasks.index}`;

const RUN = readyRows(getTableColumns(runs), runs, sql`${runs.id} = ${given('id')}`);
const TASKS = readyRows(getTableColumns(tasks), tasks, OF_RUN);
/** Of thousands of stages one draws no more. */
const SHAPES = readyRows(SHAPE_COLUMNS, tasks, OF_RUN);

interface Seen {
  db: Pick<DoorDatabase, 'readers'>;
  graphOf: GraphOf;
}

export async function readRun({ db, graphOf }: Seen, orgId: OrgId, id: RunId): Promise<RunView> {
  const values = { id: toUuid(id) };
  const [[row], taskRows] = await readTenant(db, orgId, [RUN(values), TASKS(values)]);
  if (!row) throw notFound('run', id);
  return toRunView(row, taskRows, await graphOf(fromUuid('ver', row.versionId)));
}

/** Its shape alone, without what went in and came out. */
export async function readRunShape({ db, graphOf }: Seen, orgId: OrgId, id: RunId): Promise<RunView> {
  const values = { id: toUuid(id) };
  const [[row], shapes] = await readTenant(db, orgId, [RUN(values), SHAPES(values)]);
  if (!row) throw notFound('run', id);
  return toRunView({ ...row, input: null }, shapes, await graphOf(fromUuid('ver', row.versionId)));
}
