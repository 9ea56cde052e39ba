import { createBacklog } from '#server/coordinator/backlog.ts';
import { collectHandOuts, type QueuedMessage } from '#server/coordinator/dispatches.ts';
import { createIntake, type Entry, type Unit } from '#server/coordinator/intake.ts';
import { type BatchPlan, planBatch, replyAll } from '#server/coordinator/plan.ts';
import { createRunCache } from '#server/coordinator/run-cache.ts';
import { movesRun, type RunPlan, refusesUnchecked } from '#server/coordinator/run-plan.ts';
import type { SlotBook } from '#server/coordinator/slots.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import { isServed, routeTask } from '#server/domain/routing.ts';
import { isRunOver, isTaskHeld, isTaskReady } from '#server/domain/statuses.ts';
import { PUSHED, REPORTS_QUEUE, SIM_QUEUES, type SimAgent } from './agents.ts';
import type { Auditor } from './auditor.ts';
import type { SimBroker } from './broker.ts';
import type { CommitResult, Store } from './store.ts';
import { type Life, SIM_DEFAULTS, type World } from './world.ts';

export interface SimCoordinator {
  readonly name: string;
  isUp(): boolean;
  /** Lost with it: what it had cached, planned, decided and not committed, committed and not told. */
  crash(): void;
  submit(entry: Omit<Entry, 'reply'>, reply?: Entry['reply']): void;
}

export interface CoordinatorParts {
  name: string;
  store: Store;
  broker: SimBroker;
  agents: readonly SimAgent[];
  auditor: Auditor;
}

const SWEEP_MS = 500;
const OUTBOX_STALE_MS = 2000;
const MAX_BATCH = 20;
const LANES = 2;

/**
 * The loop of `server/coordinator` with its own planning, intake, cache and backlog, and each durable step at a moment
 * of its own on the virtual clock, so that other processes get in between and an end can come between any two.
 */
export function createSimCoordinator(world: World, parts: CoordinatorParts): SimCoordinator {
  let process: ReturnType<typeof bootCoordinator> | null = null;
  const boot = () => {
    process = bootCoordinator(world, parts);
  };
  boot();
  return {
    name: parts.name,
    isUp: () => process !== null,
    crash() {
      if (!process) return;
      world.trace(() => `${parts.name}: crashes`);
      process.life.end();
      parts.broker.disconnect(process.life);
      process = null;
      parts.auditor.checkOutbox();
      world.after(500 + world.pick(6000), boot);
    },
    submit: (entry, reply = () => undefined) => process?.submit([{ ...entry, reply }]),
  };
}

function bootCoordinator(world: World, parts: CoordinatorParts) {
  const { store, broker, auditor, name } = parts;
  const life = world.createLife();
  /** Its idea of the database's clock is off by this much. */
  const skewMs = world.pick(200) - 100;
  const intake = createIntake();
  const cache = createRunCache({ maxTasks: 1000, now: () => 0 });
  const backlog = createBacklog();
  const hands = createHands(world, parts, life);
  const flying = new Set<string>();
  let lanes = 0;

  function submit(entries: Entry[], messageId?: string): void {
    const unit: Unit = {
      entries,
      fail: (error) => {
        throw error;
      },
    };
    intake.push(messageId === undefined ? unit : { ...unit, messageId });
    life.after(world.pick(4), wake);
  }

  function wake(): void {
    while (lanes < LANES) {
      const batch = intake.take(1 + world.pick(MAX_BATCH));
      if (!batch) return;
      lanes += 1;
      decideBatch(batch.units, batch.units, 0);
    }
  }

  /** After a refusal the rows are held, so that nobody gets between decision and commit. */
  function decideBatch(taken: readonly Unit[], units: Unit[], tries: number): void {
    const book = createBook(store);
    const states = statesFor(units, tries > 0);
    const plan = planBatch(weaken(units, states), states, {
      turn: 0,
      now: world.now + skewMs,
      random: () => world.pick(1000) / 1000,
      defaults: SIM_DEFAULTS,
      hands,
      slots: book,
      quota: null,
      isAwaited: () => false,
    });
    const commit = () => commitBatch(taken, units, { plan, tries });
    if (tries === 0 && plan.runs.some(refusesUnchecked)) decideBatch(taken, units, 1);
    else if (tries > 0) commit();
    else life.after(world.pick(15), commit);
  }

  function statesFor(units: readonly Unit[], locked: boolean): Map<RunId, RunState> {
    const states = new Map<RunId, RunState>();
    const missing = new Set<RunId>();
    for (const { runId } of units.flatMap((unit) => unit.entries)) {
      const known = locked ? undefined : cache.get(runId);
      if (known) states.set(runId, known);
      else missing.add(runId);
    }
    for (const [id, state] of store.load(missing)) states.set(id, state);
    return states;
  }

  /** With the epoch's check taken away, any answer counts as one for the hand-out of the moment. */
  function weaken(units: Unit[], states: ReadonlyMap<RunId, RunState>): Unit[] {
    if (world.without !== 'epoch') return units;
    const weakenOne = (entry: Entry): Entry => {
      const { happening, runId } = entry;
      if (!('agent' in happening)) return entry;
      const task = states.get(runId)?.tasks[happening.task];
      if (!task?.agent || task.epoch === 0) return entry;
      return { ...entry, happening: { ...happening, epoch: task.epoch, agent: task.agent } };
    };
    return units.map((unit) => ({ ...unit, entries: unit.entries.map(weakenOne) }));
  }

  interface Decided {
    plan: BatchPlan;
    tries: number;
  }

  function commitBatch(taken: readonly Unit[], units: Unit[], { plan, tries }: Decided): void {
    const { rows } = plan;
    const messages = rows.outbox.length;
    if (world.without === 'inbox') rows.inbox = [];
    if (world.without === 'outbox') rows.outbox = [];
    for (const { before } of plan.runs) cache.drop(before.id);
    const result = world.chance(world.faults.commitRefused) ? null : writeRows(plan, units);
    // Null: its answer is lost, and whether the commit happened is unknown here.
    if (!result?.ok) {
      const rest = result ? dropKnown(units, result.kind) : units;
      life.after(world.pick(300), () => decideBatch(taken, rest, tries + 1));
      return;
    }
    settle(plan);
    const outboxIds = world.without === 'outbox' ? new Array(messages).fill('') : result.outboxIds;
    life.after(world.pick(4), () => tell(plan, outboxIds));
    intake.free(taken);
    lanes -= 1;
    wake();
  }

  function writeRows(plan: BatchPlan, units: readonly Unit[]): CommitResult | null {
    const { rows } = plan;
    const isEmpty = rows.runs.length === 0 && rows.inbox.length === 0;
    const result: CommitResult = isEmpty ? { ok: true, outboxIds: [] } : store.commit(rows, world.now);
    world.trace(() => `${name}: ${describeCommit(plan, result)}`);
    if (result.ok) auditor.committed(plan, units);
    return world.chance(world.faults.commitAnswerLost) ? null : result;
  }

  function dropKnown(units: Unit[], kind: 'conflict' | 'known-message' | 'born'): Unit[] {
    const born = store.load(units.flatMap((unit) => unit.entries.map((entry) => entry.runId)));
    const inBatch = new Set<string>();
    return units.filter((unit) => {
      const id = unit.messageId ?? '';
      // Two copies in one batch: the first is decided on, the other is a repetition like any later one.
      const isHeard = kind === 'known-message' && (store.inbox.has(id) || inBatch.has(id));
      if (unit.messageId !== undefined) inBatch.add(id);
      const isBorn = kind === 'born' && unit.entries.some((entry) => entry.birth && born.has(entry.runId));
      if (!isHeard && !isBorn) return true;
      for (const entry of unit.entries) entry.reply({ ok: true, repeated: true });
      return false;
    });
  }

  function settle(plan: BatchPlan): void {
    for (const run of plan.runs) {
      const { state, touched } = run.decision;
      if (isRunOver(state.status)) continue;
      const tasks = state.tasks.map((task, at) =>
        task && touched.has(at) ? { ...task, stored: true } : task,
      );
      const revision = run.before.revision + Number(movesRun(run) && !run.birth);
      cache.put({ ...state, tasks, revision, stored: true });
    }
  }

  function tell(plan: BatchPlan, outboxIds: string[]): void {
    for (const run of plan.runs) {
      for (const handOut of collectHandOuts(run)) hands.deliver(handOut);
      followTasks(run);
    }
    for (const [at, message] of plan.messages.entries()) send(outboxIds[at] ?? '', message);
    for (const run of plan.runs) replyAll(run, null);
    for (const stray of plan.strays) stray.reply({ ok: false, code: 'NOT_HELD', message: 'no such run' });
    for (const source of backlog.sources()) {
      for (const { id, room } of backlog.waitingFor(source)) {
        for (const { runId, task } of backlog.take(id, room())) tellRun(runId, { type: 'offer', task });
      }
    }
  }

  function followTasks({ before, decision: { state, touched, events } }: RunPlan): void {
    const isCancelled = events.some((event) => event.type === 'run.cancelling');
    state.tasks.forEach((is, index) => {
      const was = before.tasks[index];
      const isLost =
        was && isTaskHeld(was.status) && (!is || !isTaskHeld(is.status) || is.epoch !== was.epoch);
      const holder = isLost || isCancelled ? was : undefined;
      if (holder?.agent) {
        hands.stop({
          taskId: taskId(state.id, index),
          epoch: holder.epoch,
          agent: holder.agent,
          reason: 'stop',
        });
      }
      const stage = state.graph.stages[index]?.stage;
      if (!is || !stage || !touched.has(index) || !isTaskReady(is.status) || !is.wait) return;
      const source = `${is.wait.code} ${is.wait.code === 'concurrency-key' ? is.wait.blockers?.[0] : stage.type}`;
      const reason = { id: source, source, room: () => hands.room(state.orgId, PUSHED) };
      backlog.add(reason, stage.priority, { orgId: state.orgId, runId: state.id, task: index });
    });
  }

  /** Outbox to broker: the row goes only after the confirm. */
  function send(outboxId: string, message: QueuedMessage): void {
    flying.add(outboxId);
    life.after(world.pick(40), () => {
      const { queue, body } = message;
      const isConfirmed = broker.publish({ id: world.id('task'), queue, body });
      if (isConfirmed) auditor.published(body);
      life.after(world.pick(40), () => {
        flying.delete(outboxId);
        if (isConfirmed) store.outbox.delete(outboxId);
      });
    });
  }

  function sweepOutbox(): void {
    for (const row of store.outbox.values()) {
      if (row.createdAt < world.now - OUTBOX_STALE_MS && !flying.has(row.id)) send(row.id, row);
    }
    life.after(OUTBOX_STALE_MS, sweepOutbox);
  }

  function tellRun(runId: RunId, happening: Happening): void {
    submit([{ runId, happening, reply: () => undefined }]);
  }

  function sweep(): void {
    const emptyQueues = new Set(broker.queues().filter((queue) => broker.isEmpty(queue)));
    const due = store.dueRuns(world.now);
    life.after(world.pick(20), () => {
      for (const runId of due) tellRun(runId, { type: 'tick', emptyQueues });
    });
    life.after(SWEEP_MS, sweep);
  }

  function adopt(): void {
    for (const runId of store.openRuns())
      tellRun(runId, { type: 'tick', full: true, unheard: true, emptyQueues: new Set() });
  }

  broker.consume(REPORTS_QUEUE, {
    life,
    prefetch: 20,
    receive({ id, body }, ack) {
      const { runId, happening } = JSON.parse(body) as Pick<Entry, 'runId' | 'happening'>;
      const reply = () => life.after(world.pick(10), ack);
      submit([{ runId, happening, reply }], id);
    },
  });
  adopt();
  sweepOutbox();
  life.after(world.pick(SWEEP_MS), sweep);
  world.trace(() => `${name}: is up`);
  return { life, submit };
}

function createHands(world: World, { agents }: CoordinatorParts, life: Life): Hands {
  const agentOf = (id: string) => agents.find((agent) => agent.view().id === id);
  const viewsFor = (capability: string) =>
    agents.map((agent) => agent.view()).filter((view) => view.capabilities.has(capability));
  return {
    place(run, offer) {
      const stage = run.graph.stages[offer.task]?.stage;
      if (!stage) throw new Error(`run ${run.id} has no task ${offer.task}`);
      return routeTask(stage, offer, viewsFor(stage.type), SIM_QUEUES);
    },
    serves(run, task, queue) {
      const stage = run.graph.stages[task]?.stage;
      if (!stage) throw new Error(`run ${run.id} has no task ${task}`);
      return isServed(stage, queue, { agents: viewsFor(stage.type), queues: SIM_QUEUES });
    },
    settled: () => undefined,
    unqueued: () => undefined,
    deliver: (handOut) => life.after(world.pick(5), () => agentOf(handOut.agent)?.deliver(handOut)),
    stop: (order) => agentOf(order.agent)?.stop(order),
    takeFreed: () => [],
    hasSeats: () => false,
    freshen: async () => undefined,
    room: (_org, capability) =>
      viewsFor(capability).reduce((sum, view) => sum + Math.max(view.maxConcurrency - view.inFlight, 0), 0),
  };
}

/** Slots as the rows have them at this moment; what the batch itself takes is counted on top. */
function createBook(store: Store): SlotBook {
  const reserved = new Map<string, number>();
  const used = (id: string) => (store.slots.get(id) ?? 0) + (reserved.get(id) ?? 0);
  return {
    hasRoom: (org, { key, limit }) => used(`${toUuid(org)} ${key}`) < limit,
    reserve(org, { key }) {
      const id = `${toUuid(org)} ${key}`;
      reserved.set(id, (reserved.get(id) ?? 0) + 1);
    },
    room: (org, { key, limit }) => limit - used(`${toUuid(org)} ${key}`),
    committed: () => undefined,
    undo: () => undefined,
    refresh: async () => undefined,
    isStale: () => false,
    doubt: () => undefined,
  };
}

function describeCommit({ runs, rows }: BatchPlan, result: CommitResult): string {
  const told = runs.map(({ before, decision }) => {
    const events = decision.events.map((event) =>
      'task' in event ? `${event.type} ${event.task}${'dueAt' in event ? ' until later' : ''}` : event.type,
    );
    return `${before.id.slice(-2)}[${events.join(', ')}]`;
  });
  const inbox = rows.inbox.map(({ messageId }) => messageId).join(' ');
  return `${result.ok ? 'commits' : `is refused (${result.kind})`} ${told.join(' ')} ${inbox}`;
}
