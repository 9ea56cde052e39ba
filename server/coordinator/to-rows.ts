import type { BatchRows, RunRow, SlotRow, TaskRow } from '#db/queries/rows.ts';
import type { RunState, TaskState } from '#server/domain/engine/state.ts';
import { errorGroupOf } from '#server/domain/error-group.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { RunPlan } from './run-plan.ts';

export function emptyRows(): BatchRows {
  return { runs: [], tasks: [], attempts: [], events: [], outbox: [], inbox: [], keys: [], slots: [] };
}

/** What the database must be told of one run's step. */
export function addRunRows(rows: BatchRows, plan: RunPlan, now: number): void {
  const { before, decision } = plan;
  const { state } = decision;
  const runId = toUuid(state.id);
  const orgId = toUuid(state.orgId);
  rows.runs.push(toRunRow(plan));
  for (const index of decision.touched) {
    const task = state.tasks[index];
    if (!task) continue;
    rows.tasks.push(toTaskRow(state, task));
  }
  for (const { task, how, error } of decision.ended) {
    const agentId = task.agent === null ? null : toUuid(task.agent);
    rows.attempts.push({ runId, orgId, agentId, ended: how, finishedAt: now, error, task });
  }
  if (decision.events.length > 0) {
    const seqFrom = before.seq + 1;
    rows.events.push({ runId, orgId, seqFrom, seqTo: state.seq, at: now, entries: decision.events });
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
    errorGroup: state.error && errorGroupOf(state.error),
    tasksLeft: state.left,
    finishedAt: state.finishedAt,
    ...(birth ? { birth } : {}),
  };
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

/** Leases taken and ended under concurrency keys, one row a key, in one order for all so that none waits in a circle. */
export function toSlotRows(
  plans: readonly RunPlan[],
  isHolding: (task: TaskState | undefined) => boolean,
): SlotRow[] {
  const byKey = new Map<string, SlotRow>();
  for (const { before, decision } of plans) {
    for (const index of decision.touched) {
      const concurrency = decision.state.graph.stages[index]?.stage.concurrency;
      if (!concurrency) continue;
      const change = Number(isHolding(decision.state.tasks[index])) - Number(isHolding(before.tasks[index]));
      if (change === 0) continue;
      const orgId = toUuid(decision.state.orgId);
      const id = `${orgId} ${concurrency.key}`;
      const row = byKey.get(id);
      if (row) row.change += change;
      else byKey.set(id, { orgId, key: concurrency.key, change, limit: concurrency.limit });
    }
  }
  return [...byKey.entries()]
    .filter(([, row]) => row.change !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}
