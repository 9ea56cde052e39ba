import { isDeepStrictEqual } from 'node:util';
import type { Entry, Unit } from '#server/coordinator/intake.ts';
import type { BatchPlan } from '#server/coordinator/plan.ts';
import { movesRun } from '#server/coordinator/run-plan.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import { tasksMessageSchema } from '#server/domain/messages.ts';
import { isRunOver, isTaskHeld, isTaskOut, isTaskQueued, isTaskSuccess } from '#server/domain/statuses.ts';
import { checkStep, createLedger, type Ledger } from '#server/testing/engine/check-step.ts';
import type { Store } from './store.ts';
import { demand, SIM_DEFAULTS } from './world.ts';

/** Holds what is in the store against what was promised. Everything it says names the invariant (I1 to I9). */
export interface Auditor {
  committed(plan: BatchPlan, units: readonly Unit[]): void;
  /** The broker has confirmed these hand-outs. */
  published(body: string): void;
  /** What was queued is in the outbox, or the broker has had it. */
  checkOutbox(): void;
  acknowledged(entry: Pick<Entry, 'runId' | 'happening'>, reply: Reply): void;
  checkAll(): void;
}

export function createAuditor(store: Store): Auditor {
  const ledgers = new Map<RunId, Ledger>();
  const published = new Set<string>();
  const effects = new Set<string>();
  const ended = new Set<string>();

  const loadOne = (runId: RunId): RunState => {
    const state = store.load([runId]).get(runId);
    demand(state !== undefined, () => `${runId} was acknowledged and is not there (I4)`);
    return state;
  };

  function followSteps(plan: BatchPlan): void {
    for (const run of plan.runs) {
      if (!movesRun(run)) continue;
      const { before, decision } = run;
      const ledger = ledgers.get(before.id) ?? createLedger(before);
      ledgers.set(before.id, ledger);
      checkStep(ledger, { before, decision, context: { now: plan.now, defaults: SIM_DEFAULTS } });
      for (const event of decision.events) {
        if (event.type === 'task.succeeded') checkAnswer(decision.state, event);
      }
      for (const handOut of ledger.ended) ended.add(`${before.id} ${handOut}`);
    }
  }

  /** An output counts for the hand-out that it was made under, and for no other. */
  function checkAnswer(state: RunState, { task, epoch }: { task: number; epoch: number }): void {
    const output = state.tasks[task]?.output as { task?: string; epoch?: number; agent?: string } | undefined;
    const made = `${output?.task} ${output?.epoch} ${output?.agent}`;
    const counted = `${taskId(state.id, task)} ${epoch} ${state.tasks[task]?.agent}`;
    demand(made === counted, () => `an output made as ${made} counted as ${counted} (I2, I5)`);
  }

  /** Who holds a task is never told that it does not: its work would be thrown away. */
  function checkRefusal(runId: RunId, happening: Happening): void {
    if (happening.type !== 'result' && happening.type !== 'beat') return;
    const task = store.load([runId]).get(runId)?.tasks[happening.task];
    const isHolder = task && isTaskHeld(task.status) && task.agent === happening.agent;
    const isCurrent = isHolder && task.epoch === happening.epoch;
    demand(
      !isCurrent,
      () => `the holder of task ${happening.task} of ${runId} was refused (${happening.type})`,
    );
  }

  function checkSlots(states: readonly RunState[]): void {
    const live = new Map<string, number>();
    for (const state of states) {
      for (const task of state.tasks) {
        const key = task && isTaskOut(task.status) && state.graph.stages[task.index]?.stage.concurrency?.key;
        const id = `${toUuid(state.orgId)} ${key}`;
        if (key) live.set(id, (live.get(id) ?? 0) + 1);
      }
    }
    for (const [id, used] of store.slots)
      demand(used === (live.get(id) ?? 0), () => `slot ${id}: ${used} used, ${live.get(id) ?? 0} live (I9)`);
  }

  /** The row, as it is loaded, is what the sequence tells. */
  function checkStored(state: RunState): void {
    const ledger = ledgers.get(state.id);
    demand(ledger !== undefined, () => `${state.id} came from nowhere (I4)`);
    const { folded } = ledger;
    const events = store.eventsOf(state.id).flatMap((row) => row.entries);
    demand(
      events.length === state.seq,
      () => `${state.id} has ${events.length} events and says ${state.seq} (I8)`,
    );
    const facts = ({ status, left, open, failing, tasks }: RunState) => ({
      ...{ status, left, open, failing },
      tasks: tasks.map(
        (task) => task && [task.status, task.epoch, task.attempt, task.losses, task.error, task.skip],
      ),
    });
    demand(
      isDeepStrictEqual(facts(folded), facts(state)),
      () => `${state.id} is not what its events tell (I8)`,
    );
    for (const task of state.tasks) {
      if (task && isTaskSuccess(task.status)) checkAnswer(state, { task: task.index, epoch: task.epoch });
    }
  }

  return {
    committed(plan, units) {
      followSteps(plan);
      const moved = new Set(plan.runs.filter(movesRun).map(({ before }) => before.id));
      for (const { messageId, entries } of units) {
        if (messageId === undefined || !entries.some((entry) => moved.has(entry.runId))) continue;
        demand(!effects.has(messageId), () => `message ${messageId} had its effect twice (inbox)`);
        effects.add(messageId);
      }
    },
    published(body) {
      for (const { task_id, epoch } of tasksMessageSchema.parse(JSON.parse(body)).tasks)
        published.add(`${task_id} ${epoch}`);
    },
    checkOutbox() {
      const waiting = new Set<string>();
      for (const { body } of store.outbox.values()) {
        for (const { task_id, epoch } of tasksMessageSchema.parse(JSON.parse(body)).tasks)
          waiting.add(`${task_id} ${epoch}`);
      }
      for (const state of store.load(store.openRuns()).values()) {
        for (const task of state.tasks) {
          const handOut =
            task && isTaskQueued(task.status) && `${taskId(state.id, task.index)} ${task.epoch}`;
          if (!handOut) continue;
          const isSafe = waiting.has(handOut) || published.has(handOut);
          demand(isSafe, () => `${handOut} is queued, was never sent and is in no outbox (I4, I11)`);
        }
      }
    },
    acknowledged({ runId, happening }, reply) {
      if (!reply.ok) return checkRefusal(runId, happening);
      if (happening.type === 'start') loadOne(runId);
      if (happening.type !== 'result') return;
      const handOut = `${runId} ${happening.task} ${happening.epoch}`;
      demand(ended.has(handOut), () => `the answer to ${handOut} was acknowledged and is nowhere (I4)`);
    },
    checkAll() {
      const states = [...store.load(store.runIds()).values()];
      for (const state of states) checkStored(state);
      checkSlots(states);
      for (const state of states) {
        for (const task of state.tasks) {
          if (task)
            demand(
              !isRunOver(state.status) || !isTaskOut(task.status),
              () => `${state.id} ended with work out`,
            );
        }
      }
      this.checkOutbox();
    },
  };
}
