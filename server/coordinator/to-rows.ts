import type { BatchRows, LetterRow, RunRow, SlotRow, TaskRow } from '#db/queries/rows.ts';
import { isPoison, type TaskError } from '#server/domain/engine/events.ts';
import { errorOfRun } from '#server/domain/engine/quiet.ts';
import type { RunState, TaskState } from '#server/domain/engine/state.ts';
import { errorGroupOf } from '#server/domain/error-group.ts';
import { type AgentId, type OrgId, taskId, toUuid } from '#server/domain/ids.ts';
import { isTaskFailure, isTaskHeld, isTaskOut } from '#server/domain/statuses.ts';
import { QUOTA_ORG } from './quota.ts';
import type { RunPlan } from './run-plan.ts';
import type { Slot } from './slots.ts';

export function emptyRows(): BatchRows {
  return {
    runs: [],
    tasks: [],
    attempts: [],
    events: [],
    outbox: [],
    inbox: [],
    keys: [],
    slots: [],
    letters: [],
    seats: [],
    unseated: [],
    audit: [],
  };
}

/** What the database must be told of one run's step. */
export function addRunRows(rows: BatchRows, plan: RunPlan, now: number): void {
  const { before, decision } = plan;
  const { state } = decision;
  const runId = toUuid(state.id);
  const orgId = toUuid(state.orgId);
  const at = Math.max(now, state.movedAt);
  rows.runs.push(toRunRow(plan));
  for (const index of decision.touched) {
    const task = state.tasks[index];
    if (!task) continue;
    rows.tasks.push(toTaskRow(state, task));
  }
  for (const { task, how, error } of decision.ended) {
    const agentId = task.agent === null ? null : toUuid(task.agent);
    rows.attempts.push({ runId, orgId, agentId, ended: how, finishedAt: at, error, task });
  }
  if (decision.events.length > 0) {
    const seqFrom = before.seq + 1;
    rows.events.push({ runId, orgId, seqFrom, seqTo: state.seq, at, entries: decision.events });
  }
  for (const event of decision.events) {
    if (event.type === 'task.failed' && isPoison(event.error)) rows.letters.push(toLetterRow(state, event));
  }
}

/** Names the task and nothing of what it was given: that stays with its run, under its run's rights. */
function toLetterRow(state: RunState, { task: index, error }: { task: number; error: TaskError }): LetterRow {
  const stage = state.graph.stages[index]?.stage;
  const capability = stage?.type ?? '';
  const epoch = state.tasks[index]?.epoch ?? 0;
  const letter = { task_id: taskId(state.id, index), stage: stage?.key ?? '', capability, epoch };
  return {
    orgId: toUuid(state.orgId),
    queue: capability,
    reason: error.message,
    body: JSON.stringify(letter),
    runId: toUuid(state.id),
    index,
  };
}

/**
 * Hand-outs that end, if they may have sat with an agent that several processes give work to. What was taken from a
 * queue has none: there the agents themselves see to their room.
 */
export function addUnseated(
  rows: BatchRows,
  { before, decision }: RunPlan,
  hasSeats: (agent: AgentId) => boolean,
): void {
  for (const index of decision.touched) {
    const was = before.tasks[index];
    const is = decision.state.tasks[index];
    if (!was?.agent || was.queue !== null || !isTaskHeld(was.status) || !hasSeats(was.agent)) continue;
    if (is && isTaskHeld(is.status) && is.epoch === was.epoch) continue;
    rows.unseated.push({ runId: toUuid(before.id), index, epoch: was.epoch });
  }
}

function toRunRow({ before, decision: { state }, birth }: RunPlan): RunRow {
  return {
    id: toUuid(state.id),
    orgId: toUuid(state.orgId),
    revision: before.revision,
    status: state.status,
    seq: state.seq,
    wakeAt: state.wakeAt,
    deadlineAt: state.deadlineAt,
    forceAt: state.forceAt,
    failing: state.failing,
    error: state.error,
    errorGroup: state.error && errorGroupOf(state.error, failedCapability(state, state.error)),
    tasksLeft: state.left,
    finishedAt: state.finishedAt,
    ...(birth ? { birth } : {}),
  };
}

/** Of the stage whose error it is; a deadline, for one, is no stage's. */
function failedCapability({ tasks, graph }: RunState, { code, message }: TaskError): string | undefined {
  const failed = tasks.find((task) => {
    if (!task?.error || !isTaskFailure(task.status)) return false;
    const its = errorOfRun(graph.marks, task.index, task.error);
    return its.code === code && its.message === message;
  });
  return failed && graph.stages[failed.index]?.stage.type;
}

function toTaskRow(state: RunState, task: TaskState): TaskRow {
  const stage = state.graph.stages[task.index]?.stage;
  return {
    runId: toUuid(state.id),
    orgId: toUuid(state.orgId),
    index: task.index,
    stageKey: stage?.key ?? '',
    capability: stage?.type ?? '',
    agentId: task.agent === null ? null : toUuid(task.agent),
    task,
  };
}

const isOut = (task: TaskState | undefined): boolean => task !== undefined && isTaskOut(task.status);

interface SlotMoves {
  orgId: string;
  key: string;
  /** The limit that each task which takes a slot goes by. */
  taken: number[];
  freed: number;
}

/** Tasks handed out and ended under concurrency keys, one row a key, in one order for all so that none waits in a circle. */
export function toSlotRows(plans: readonly RunPlan[], quota: Slot | null): SlotRow[] {
  const byKey = new Map<string, SlotMoves>();
  const add = (org: OrgId, { key, limit }: Slot, change: number) => {
    const id = `${toUuid(org)} ${key}`;
    const moves = byKey.get(id) ?? { orgId: toUuid(org), key, taken: [], freed: 0 };
    byKey.set(id, moves);
    if (change > 0) moves.taken.push(limit);
    else moves.freed += 1;
  };
  for (const { before, decision } of plans) {
    const { state } = decision;
    for (const index of decision.touched) {
      const change = Number(isOut(state.tasks[index])) - Number(isOut(before.tasks[index]));
      if (change === 0) continue;
      const concurrency = state.graph.stages[index]?.stage.concurrency;
      if (concurrency) add(state.orgId, concurrency, change);
      if (quota) add(QUOTA_ORG, quota, change);
    }
  }
  return [...byKey.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, moves]) => toSlotRow(moves))
    .filter(({ change }) => change !== 0);
}

/**
 * Stages may give one key limits that differ. Whoever has the lowest takes its slot first, and the row's limit is the highest
 * count after all of them at which each found room.
 */
function toSlotRow({ orgId, key, taken, freed }: SlotMoves): SlotRow {
  taken.sort((a, b) => a - b);
  const spare = taken.reduce((least, limit, before) => Math.min(least, limit - before - 1), Infinity);
  const limit = taken.length === 0 ? 0 : spare + taken.length;
  return { orgId, key, change: taken.length - freed, limit };
}
