import type { AuditRow, BatchRows } from '#db/queries/rows.ts';
import type { Wait } from '#server/domain/engine/events.ts';
import type { EngineDefaults, Happening, Offer, Placement, Reply } from '#server/domain/engine/happenings.ts';
import { type LargeValues, ValuesNeeded } from '#server/domain/engine/large-values.ts';
import type { RunState, TaskState } from '#server/domain/engine/state.ts';
import type { Stage } from '#server/domain/graph/schema.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type AgentId, type OrgId, type RunId, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { isTaskHeld, isTaskQueued } from '#server/domain/statuses.ts';
import { collectDispatches, type QueuedMessage } from './dispatches.ts';
import type { Entry, Unit } from './intake.ts';
import { createReader, createTravel, decideOrNeed, findAtHand, need } from './large-plan.ts';
import type { RunNeeds } from './needs.ts';
import { birthOf, type NewRun, unbornState } from './new-run.ts';
import { QUOTA_ORG } from './quota.ts';
import type { RunPlan } from './run-plan.ts';
import { movesRun } from './run-plan.ts';
import { type Slot, type SlotBook, slotId } from './slots.ts';
import { addRunRows, addUnseated, emptyRows, toSlotRows } from './to-rows.ts';

/** Everything one commit will write, and what is to be done once it has. */
export interface BatchPlan {
  runs: RunPlan[];
  rows: BatchRows;
  messages: QueuedMessage[];
  reserved: { taskId: TaskId; agent: AgentId }[];
  /** Concurrency slots believed free and taken, by `slotId`. */
  reservedSlots: Map<string, number>;
  /** Entries whose run does not exist, at least for whoever sent them. */
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
  /** How many tasks may be out in the whole installation; null: as many as agents take. */
  quota: Slot | null;
  /** Others wait for the same. Runs that come now stand in line behind them; work that follows from work does not. */
  isAwaited(run: RunState, stage: Stage, code: Wait['code']): boolean;
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
    const own = before ? entries.filter(({ orgId = before.orgId }) => orgId === before.orgId) : [];
    if (own.length < entries.length) plan.strays.push(...entries.filter((entry) => !own.includes(entry)));
    if (!before || own.length === 0) continue;
    const values = context.large && createReader(atHand?.get(runId), context.large.maxBytes);
    const run = planRun(before, own, { context, plan, newRun, values });
    if (run) plan.runs.push(run);
  }
  for (const run of plan.runs) {
    if (!movesRun(run)) continue;
    addRunRows(plan.rows, run, context.now);
    addUnseated(plan.rows, run, context.hands.hasSeats);
  }
  plan.rows.audit = collectNotes(plan.runs);
  for (const unit of units) {
    if (unit.messageId !== undefined) plan.rows.inbox.push({ messageId: unit.messageId });
  }
  plan.rows.slots = toSlotRows(plan.runs, context.quota);
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
  const given = new Map<number, Given>();
  const happenings: Happening[] = entries.map((entry) => entry.happening);
  const placing = { before, context, plan, given, again: new Set<number>(), isBirth: newRun !== undefined };
  const decision = decideOrNeed(before, happenings, {
    values,
    now: context.now,
    random: context.random,
    defaults: context.defaults,
    place: (offer) => (offer.isOut ? placeAgain(offer, placing) : placeTask(offer, placing)),
    isServed: (task, queue) => context.hands.serves(before, task, queue),
    unplace: (task) => unplaceTask(task, placing),
  });
  if (decision instanceof ValuesNeeded) {
    // The batch steps back, and gives back what it has reserved.
    for (const [task, { agent }] of given) plan.reserved.push({ taskId: taskId(before.id, task), agent });
    need(plan, before, { refs: decision.refs });
    return null;
  }
  keepReservations(decision.state, placing);
  if (!newRun) return { before, decision, entries };
  if (newRun.idempotency) {
    plan.rows.keys.push({ orgId: toUuid(newRun.orgId), runId: toUuid(newRun.id), ...newRun.idempotency });
  }
  return { before, decision, entries, birth: birthOf(newRun, context.now) };
}

/** Whom a task was given to while its run was decided on, by way of its own queue or directly. */
interface Given {
  agent: AgentId;
  queue: string | undefined;
  seat: number | undefined;
}

interface Placing {
  before: RunState;
  context: PlanContext;
  plan: BatchPlan;
  given: Map<number, Given>;
  /** Tasks that were out already, and had their slots. */
  again: Set<number>;
  isBirth: boolean;
}

function placeTask(offer: Offer, placing: Placing): Placement {
  const { before, context, plan, given, isBirth } = placing;
  const { hands, slots, quota } = context;
  const stage = before.graph.stages[offer.task]?.stage;
  const { concurrency } = stage ?? {};
  const isBehind = (code: Wait['code']): boolean =>
    isBirth && stage !== undefined && context.isAwaited(before, stage, code);
  if (concurrency && (!slots.hasRoom(before.orgId, concurrency) || isBehind('concurrency-key'))) {
    return { kind: 'wait', wait: { code: 'concurrency-key', blockers: [concurrency.key] } };
  }
  const placement = hands.place(before, offer);
  if (placement.kind === 'wait') return placement;
  const isFull = quota !== null && (!slots.hasRoom(QUOTA_ORG, quota) || isBehind('quota'));
  if (isFull || (placement.kind === 'start' && isBehind('agents-full'))) {
    if (placement.kind === 'start') hands.settled(offer.taskId, placement.agent);
    return {
      kind: 'wait',
      wait: isFull ? { code: 'quota', blockers: [quota.key] } : { code: 'agents-full' },
    };
  }
  for (const { org, slot } of slotsOf(before, offer.task, quota)) {
    slots.reserve(org, slot);
    const id = slotId(org, slot.key);
    plan.reservedSlots.set(id, (plan.reservedSlots.get(id) ?? 0) + 1);
  }
  note(offer.task, placement, given);
  return placement;
}

/** From a queue of which nobody takes it, to somebody else. */
function placeAgain(offer: Offer, { before, context, given, again }: Placing): Placement {
  const placement = context.hands.place(before, offer);
  again.add(offer.task);
  note(offer.task, placement, given);
  return placement;
}

function note(task: number, placement: Placement, given: Map<number, Given>): void {
  if (placement.kind === 'wait') return;
  const { agent } = placement;
  if (agent === undefined) return;
  // status-words: a kind of placement
  if (placement.kind === 'queue') given.set(task, { agent, queue: placement.queue, seat: undefined });
  else given.set(task, { agent, queue: undefined, seat: placement.seat });
}

/** The task was placed and could not be started after all. */
function unplaceTask(task: number, { before, context, plan, given, again }: Placing): void {
  const agent = given.get(task)?.agent;
  if (agent !== undefined) context.hands.settled(taskId(before.id, task), agent);
  given.delete(task);
  if (again.has(task)) return;
  for (const { org, slot } of slotsOf(before, task, context.quota)) {
    const id = slotId(org, slot.key);
    plan.reservedSlots.set(id, (plan.reservedSlots.get(id) ?? 1) - 1);
    context.slots.undo(new Map([[id, 1]]));
  }
}

/** What a task takes one of while it is out. */
function slotsOf(run: RunState, task: number, quota: Slot | null): { org: OrgId; slot: Slot }[] {
  const concurrency = run.graph.stages[task]?.stage.concurrency;
  const own = concurrency ? [{ org: run.orgId, slot: concurrency }] : [];
  return quota ? [...own, { org: QUOTA_ORG, slot: quota }] : own;
}

/** Room is kept for what is handed out in the end; a run that was started and stopped in one batch needs none. */
function keepReservations(state: RunState, { before, context, plan, given }: Placing): void {
  for (const [index, { agent, queue, seat }] of given) {
    const id = taskId(state.id, index);
    const task = state.tasks[index];
    const isIts = (is: TaskState): boolean =>
      queue === undefined
        ? isTaskHeld(is.status) && is.agent === agent
        : isTaskQueued(is.status) && is.queue === queue;
    if (!task || !isIts(task) || task.epoch === before.tasks[index]?.epoch) {
      context.hands.settled(id, agent);
      continue;
    }
    plan.reserved.push({ taskId: id, agent });
    if (seat === undefined) continue;
    const names = { agentId: toUuid(agent), orgId: toUuid(state.orgId), runId: toUuid(state.id) };
    plan.rows.seats.push({ ...names, seat, index, epoch: task.epoch });
  }
}

/** `writtenMs`: when, as the rows say; null: that was not heard. */
export function replyAll(plan: RunPlan, writtenMs: number | null): void {
  const stored = writtenMs === null ? undefined : { state: plan.decision.state, writtenMs };
  plan.entries.forEach((entry, at) => {
    entry.reply(plan.decision.replies[at] as Reply, stored);
  });
}
