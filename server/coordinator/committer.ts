import type { Sql } from '#db/client.ts';
import { type CommitFacts, commitBatch } from '#db/queries/commit-batch.ts';
import { loadRuns } from '#db/queries/load-runs.ts';
import type { EngineDefaults } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Hands } from '#server/domain/hands.ts';
import type { RunId, VersionId } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import type { DbClock } from './db-clock.ts';
import { type CommitFailure, classifyFailure, isSeatTaken } from './failures.ts';
import type { Unit } from './intake.ts';
import { dropUnfit } from './known-units.ts';
import type { BatchNeeds, LargePayloads } from './needs.ts';
import type { PausePoints } from './pause-points.ts';
import { type BatchPlan, type PlanContext, planBatch, replyAll } from './plan.ts';
import { createRunCache } from './run-cache.ts';
import { type RunPlan, refusesUnchecked, revisionAfter } from './run-plan.ts';
import { createSlotBook, type Slot, type SlotBook } from './slots.ts';
import { isCommitted } from './uncertain-commit.ts';

export interface CommitterOptions {
  sql: Sql;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
  hands: Hands;
  clock: DbClock;
  random(): number;
  defaults: EngineDefaults;
  quota: Slot | null;
  isAwaited: PlanContext['isAwaited'];
  points: PausePoints;
  /** Left out: nothing is large. */
  payloads?: LargePayloads | undefined;
  /** Told after each commit, before replies: what to hand out, send, announce. */
  onCommitted(committed: Committed): void;
  onTrouble(message: string, error: unknown): void;
}

export interface Committed {
  plan: BatchPlan;
  outboxIds: string[];
  writtenMs: CommitFacts['writtenMs'] | null;
}

/** Why a batch was not taken. `undecided`: or may have been, for the answer was lost. */
export type Refusal = (CommitFailure & { undecided?: BatchPlan }) | { kind: 'needs'; needs: BatchNeeds };

/** What has come for runs, decided and written: one try at a time, by lanes that share what this process knows of runs. */
export interface Committer {
  /** Locks nothing. */
  tryOptimistic(sql: Sql, part: string, units: Unit[]): Promise<Refusal | null>;
  /** After a refusal. */
  tryLocked(lane: Sql, part: string, units: Unit[]): Promise<Refusal | null>;
  /** True: it had been committed after all. */
  settleUncertain(part: string, failure: CommitFailure & { undecided?: BatchPlan }): Promise<boolean>;
  /** What is left to do after a failure. */
  recover(failure: CommitFailure, units: Unit[], tries: number): Promise<Unit[]>;
  /** The run has been seen so far on: what is believed of it from before is dropped. */
  forgetBefore(id: RunId, seen: { revision: number } | { seq: number }): void;
  /** The number of the newest plan. */
  turn(): number;
  slots: SlotBook;
}

/** What a batch is decided on. */
interface Grounds {
  states: Map<RunId, RunState>;
  /** Those whose state was not read for this batch: their rows may have moved, whatever has become of the belief meanwhile. */
  believed: Set<RunId>;
}

const doubtfulOf = (plan: BatchPlan, { believed }: Grounds): Set<RunId> =>
  new Set(
    plan.runs.flatMap((run) => (refusesUnchecked(run) && believed.has(run.before.id) ? [run.before.id] : [])),
  );

const pauseBefore = (tries: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(50 * 2 ** tries, 2000)));

export function createCommitter(options: CommitterOptions): Committer {
  const cache = createRunCache({ maxTasks: 2_000_000, now: () => options.clock.now() });
  const slots = createSlotBook(() => options.clock.now());
  let turn = 0;

  async function tryOptimistic(sql: Sql, part: string, units: Unit[]): Promise<Refusal | null> {
    let grounds: Grounds;
    try {
      grounds = await groundsFor(sql, part, units);
    } catch (error) {
      return classifyFailure(error);
    }
    return attempt(sql, part, { units, grounds });
  }

  async function groundsFor(sql: Sql, part: string, units: Unit[]): Promise<Grounds> {
    const grounds: Grounds = { states: new Map(), believed: new Set() };
    const missing = new Set<RunId>();
    for (const { entries } of units) {
      for (const { runId, birth } of entries) {
        const known = cache.get(runId);
        if (known) {
          grounds.states.set(runId, known);
          grounds.believed.add(runId);
        } else if (!birth) missing.add(runId);
      }
    }
    if (missing.size > 0) await lookUp(sql, part, { ids: missing, grounds });
    return grounds;
  }

  async function lookUp(
    sql: Sql,
    part: string,
    { ids, grounds }: { ids: ReadonlySet<RunId>; grounds: Grounds },
  ): Promise<void> {
    const loaded = await loadRuns(sql, [...ids], { part, lock: false, graphOf: options.graphOf });
    for (const id of ids) {
      const state = loaded.get(id);
      if (state) grounds.states.set(id, state);
      else grounds.states.delete(id);
      grounds.believed.delete(id);
    }
  }

  /** After a refusal: hold the rows first, so that this time nobody can be quicker. */
  async function tryLocked(lane: Sql, part: string, units: Unit[]): Promise<Refusal | null> {
    const ids = [
      ...new Set(units.flatMap((unit) => unit.entries.filter((e) => !e.birth).map((entry) => entry.runId))),
    ];
    let plan: BatchPlan | undefined;
    try {
      const committed = await lane.begin(async (transaction) => {
        const sql = transaction as unknown as Sql;
        const states = await loadRuns(sql, ids, { part, lock: true, graphOf: options.graphOf });
        await slots.refresh(sql);
        plan = makePlan(units, states);
        return plan.needs.size > 0 ? null : write(sql, part, plan);
      });
      if (committed === null) return stepBack(plan as unknown as BatchPlan);
      settle(committed as Committed);
      return null;
    } catch (error) {
      return refuse(error, plan);
    }
  }

  async function attempt(
    sql: Sql,
    part: string,
    { units, grounds }: { units: Unit[]; grounds: Grounds },
  ): Promise<Refusal | null> {
    let plan: BatchPlan | undefined = makePlan(units, grounds.states);
    try {
      for (;;) {
        const doubtful = doubtfulOf(plan, grounds);
        if (!slots.isStale() && doubtful.size === 0) break;
        release(plan);
        plan = undefined;
        for (const id of doubtful) cache.drop(id);
        if (doubtful.size > 0) await lookUp(sql, part, { ids: doubtful, grounds });
        if (slots.isStale()) await slots.refresh(sql);
        plan = makePlan(units, grounds.states);
      }
      if (plan.needs.size > 0) return stepBack(plan);
      settle(await write(sql, part, plan));
      return null;
    } catch (error) {
      return refuse(error, plan);
    }
  }

  function stepBack(plan: BatchPlan): Refusal {
    release(plan);
    return { kind: 'needs', needs: plan.needs };
  }

  /** What was reserved is given back, unless the answer was lost and the reservations may be those of a commit. */
  function refuse(error: unknown, plan: BatchPlan | undefined): Refusal {
    const failure = classifyFailure(error);
    if (plan && failure.kind === 'outage') return { ...failure, undecided: plan };
    if (plan) giveBack(plan);
    return failure;
  }

  /**
   * The answer to a commit was lost. Had it been made and were it decided anew, callers would be answered, but what it
   * handed out would reach nobody until its leases ended.
   */
  async function settleUncertain(
    part: string,
    { undecided, error }: CommitFailure & { undecided?: BatchPlan },
  ): Promise<boolean> {
    if (!undecided) return false;
    options.onTrouble('The answer to a commit was lost; it is looked up.', error);
    for (let tries = 0; ; tries += 1) {
      try {
        const done = await isCommitted(options.sql, part, undecided.rows);
        if (done) settle({ plan: undecided, outboxIds: [], writtenMs: null });
        else giveBack(undecided);
        return done;
      } catch (again) {
        if (classifyFailure(again).kind !== 'outage') {
          giveBack(undecided);
          throw again;
        }
        await pauseBefore(tries);
      }
    }
  }

  function makePlan(units: Unit[], states: ReadonlyMap<RunId, RunState>): BatchPlan {
    const { clock, random, defaults, hands, quota, isAwaited } = options;
    turn += 1;
    const room = { hands, slots, quota, isAwaited };
    const context = { turn, now: clock.now(), random, defaults, ...room, large: options.payloads };
    return planBatch(units, states, context);
  }

  async function write(sql: Sql, part: string, plan: BatchPlan): Promise<Committed> {
    await options.points.reach('before-commit');
    const { rows } = plan;
    if (rows.runs.length === 0 && rows.inbox.length === 0 && rows.audit.length === 0)
      return { plan, outboxIds: [], writtenMs: null };
    const { nowMs, writtenMs, outboxIds } = await commitBatch(sql, part, rows);
    options.clock.observe(nowMs);
    return { plan, outboxIds, writtenMs };
  }

  function release(plan: BatchPlan): void {
    for (const { taskId, agent } of plan.reserved) options.hands.settled(taskId, agent);
    slots.undo(plan.reservedSlots);
  }

  function giveBack(plan: BatchPlan): void {
    release(plan);
    for (const { before } of plan.runs) cache.drop(before.id);
  }

  function settle(committed: Committed): void {
    for (const run of committed.plan.runs) remember(run);
    slots.committed(committed.plan.rows.slots, committed.plan.reservedSlots);
    const paused = options.points.reach('after-commit');
    const tell = () => {
      options.onCommitted(committed);
      for (const run of committed.plan.runs) replyAll(run, committed.writtenMs);
      for (const stray of committed.plan.strays) {
        stray.reply({ ok: false, code: 'NO_RUN', message: `There is no run ${stray.runId}.` });
      }
    };
    if (paused !== undefined) void paused.then(tell);
    else tell();
  }

  function remember(plan: RunPlan): void {
    const { state, touched } = plan.decision;
    if (isRunOver(state.status)) return cache.drop(state.id);
    for (const index of touched) {
      const task = state.tasks[index];
      if (task) (task as { stored: boolean }).stored = true;
    }
    cache.put({ ...state, revision: revisionAfter(plan), stored: true });
  }

  /** What is left to do after a failure. An outage is waited out: nothing that was taken is dropped. */
  async function recover(failure: CommitFailure, units: Unit[], tries: number): Promise<Unit[]> {
    if (failure.kind === 'outage') {
      options.onTrouble('The database did not take a batch; it is tried again.', failure.error);
      await pauseBefore(tries);
      return units;
    }
    if (failure.kind === 'conflict') {
      if (isSeatTaken(failure)) await options.hands.freshen();
      return units;
    }
    if (failure.kind === 'defect') throw failure.error;
    try {
      return await dropUnfit[failure.kind](options.sql, units);
    } catch (error) {
      // Asking what is there can fail as writing can.
      return recover(classifyFailure(error), units, tries + 1);
    }
  }

  return {
    tryOptimistic,
    tryLocked,
    settleUncertain,
    recover,
    forgetBefore(id, seen) {
      const known = cache.get(id);
      if (!known) return;
      const isBehind = 'seq' in seen ? known.seq < seen.seq : known.revision < seen.revision;
      if (isBehind) cache.drop(id);
    },
    turn: () => turn,
    slots,
  };
}
