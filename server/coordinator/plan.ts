import type { AuditRow, BatchRows } from '#db/queries/rows.ts';
import type { EngineDefaults, Happening, Reply } from '#server/domain/engine/happenings.ts';
import { type LargeValues, ValuesNeeded } from '#server/domain/engine/large-values.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type AgentId, type RunId, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { isTaskOut } from '#server/domain/statuses.ts';
import type { RunNeeds } from './anteroom.ts';
import { collectDispatches, type QueuedMessage } from './dispatches.ts';
import type { Entry, Unit } from './intake.ts';
import { createReader, createTravel, decideOrNeed, findAtHand, need } from './large-plan.ts';
import { birthOf, type NewRun, unbornState } from './new-run.ts';
import type { RunPlan } from './run-plan.ts';
import { movesRun } from './run-plan.ts';
import { type SlotBook, slotId } from './slots.ts';
import { addRunRows, emptyRows, toSlotRows } from './to-rows.ts';

/** Everything one commit will write, and what is to be done once it has. */
export interface BatchPlan {
  runs: RunPlan[];
  rows: BatchRows;
  messages: QueuedMessage[];
  reserved: { taskId: TaskId; agent: AgentId }[];
  /** Concurrency slots believed free and taken, by `slotId`. */
  reservedSlots: Map<string, number>;
  /** Answers to entries whose run does not exist. */
  strays: Entry[];
  /** Plans are numbered in the order they are made, which is not the order they are committed in. */
  turn: number;
  now: number;
  /** Not empty: it cannot be committed as it is. These runs must wait for what they need; the others are planned anew. */
  needs: Map<RunId, RunNeeds>;
}

export interface PlanContext {
  turn: number;
  now: number;
  random(): number;
  defaults: EngineDefaults;
  hands: Hands;
  slots: SlotBook;
  /** Left out: nothing is large. */
  large?: { inlineMaxBytes: number; maxBytes: number } | undefined;
}

/** Decides on every run of the batch. Touches nothing but the reservations, which the caller gives back on failure. */
export function planBatch(
  units: readonly Unit[],
  states: ReadonlyMap<RunId, RunState>,
  context: PlanContext,
): BatchPlan {
  const plan: BatchPlan = {
    runs: [],
    rows: emptyRows(),
    messages: [],
    reserved: [],
    reservedSlots: new Map(),
    strays: [],
    turn: context.turn,
    now: context.now,
    needs: new Map(),
  };
  const atHand = findAtHand(units);
  for (const [runId, entries] of groupByRun(units)) {
    const newRun = entries[0]?.birth;
    const before = newRun ? unbornState(newRun, context.now) : states.get(runId);
    if (!before) plan.strays.push(...entries);
    else {
      const values = context.large && createReader(atHand?.get(runId), context.large.maxBytes);
      const run = planRun(before, entries, { context, plan, newRun, values });
      if (run) plan.runs.push(run);
    }
  }
  for (const run of plan.runs) {
    if (movesRun(run)) addRunRows(plan.rows, run, context.now);
  }
  plan.rows.audit = collectNotes(plan.runs);
  for (const unit of units) {
    if (unit.messageId !== undefined) plan.rows.inbox.push({ messageId: unit.messageId });
  }
  plan.rows.slots = toSlotRows(plan.runs, (task) => task !== undefined && isTaskOut(task.status));
  plan.messages = collectDispatches(plan.runs, createTravel(plan, atHand, context.large?.inlineMaxBytes));
  plan.rows.outbox = plan.messages.map(({ queue, priority, body }) => ({ queue, priority, body }));
  return plan;
}

/** By tenant, in the order of their ids: whoever takes several chains takes them in the same order. */
function collectNotes(runs: readonly RunPlan[]): AuditRow[] {
  const byOrg = new Map<string, JsonObject[]>();
  for (const { before, decision, entries } of runs) {
    for (const [at, { note }] of entries.entries()) {
      const reply = decision.replies[at];
      if (!note || !reply?.ok || 'repeated' in reply) continue;
      const orgId = toUuid(before.orgId);
      byOrg.set(orgId, [...(byOrg.get(orgId) ?? []), note]);
    }
  }
  return [...byOrg]
    .map(([orgId, bodies]) => ({ orgId, bodies }))
    .toSorted((a, b) => (a.orgId < b.orgId ? -1 : 1));
}

function groupByRun(units: readonly Unit[]): Map<RunId, Entry[]> {
  const byRun = new Map<RunId, Entry[]>();
  for (const unit of units) {
    for (const entry of unit.entries) {
      const list = byRun.get(entry.runId);
      if (list) list.push(entry);
      else byRun.set(entry.runId, [entry]);
    }
  }
  return byRun;
}

interface PlanRun {
  context: PlanContext;
  plan: BatchPlan;
  newRun: NewRun | undefined;
  values: LargeValues | undefined;
}

/** Null when it needs something first. */
function planRun(before: RunState, entries: Entry[], about: PlanRun): RunPlan | null {
  const { context, plan, newRun, values } = about;
  const reserved = new Map<number, AgentId>();
  const happenings: Happening[] = entries.map((entry) => entry.happening);
  const decision = decideOrNeed(before, happenings, {
    values,
    now: context.now,
    random: context.random,
    defaults: context.defaults,
    place: (offer) => {
      const concurrency = before.graph.stages[offer.task]?.stage.concurrency;
      if (concurrency && !context.slots.hasRoom(before.orgId, concurrency)) {
        return { kind: 'wait', wait: { code: 'concurrency-key', blockers: [concurrency.key] } };
      }
      const placement = context.hands.place(before, offer);
      if (placement.kind !== 'wait' && concurrency) {
        context.slots.reserve(before.orgId, concurrency);
        const id = slotId(before.orgId, concurrency.key);
        plan.reservedSlots.set(id, (plan.reservedSlots.get(id) ?? 0) + 1);
      }
      if (placement.kind === 'start') reserved.set(offer.task, placement.agent);
      return placement;
    },
    unplace: (task) => {
      const agent = reserved.get(task);
      if (agent !== undefined) context.hands.settled(taskId(before.id, task), agent);
      reserved.delete(task);
      const concurrency = before.graph.stages[task]?.stage.concurrency;
      if (concurrency) forgetSlot(plan, before, { concurrency, slots: context.slots });
    },
  });
  for (const [task, agent] of reserved) plan.reserved.push({ taskId: taskId(before.id, task), agent });
  if (decision instanceof ValuesNeeded) {
    need(plan, before, { refs: decision.refs });
    return null;
  }
  if (!newRun) return { before, decision, entries };
  if (newRun.idempotency) {
    plan.rows.keys.push({ orgId: toUuid(newRun.orgId), runId: toUuid(newRun.id), ...newRun.idempotency });
  }
  return { before, decision, entries, birth: birthOf(newRun, context.now) };
}

interface Forget {
  concurrency: { key: string; limit: number };
  slots: SlotBook;
}

/** The task was placed and could not be started after all. */
function forgetSlot(plan: BatchPlan, run: RunState, { concurrency, slots }: Forget): void {
  const id = slotId(run.orgId, concurrency.key);
  plan.reservedSlots.set(id, (plan.reservedSlots.get(id) ?? 1) - 1);
  slots.undo(new Map([[id, 1]]));
}

export function replyAll(plan: RunPlan): void {
  plan.entries.forEach((entry, at) => {
    entry.reply(plan.decision.replies[at] as Reply);
  });
}
