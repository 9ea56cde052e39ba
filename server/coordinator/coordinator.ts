import type { Sql } from '#db/client.ts';
import { type CommitFacts, commitBatch } from '#db/queries/commit-batch.ts';
import { loadRuns } from '#db/queries/load-runs.ts';
import type { EngineDefaults } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Hands } from '#server/domain/hands.ts';
import type { RunId, VersionId } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { type Anteroom, createAnteroom, letGo } from './anteroom.ts';
import { type Aside, followsAside, setAside } from './aside.ts';
import type { DbClock } from './db-clock.ts';
import { type CommitFailure, classifyFailure, isSeatTaken } from './failures.ts';
import { createIntake, type Unit } from './intake.ts';
import { answerRepeated, dropUnfit, setCopiesApart } from './known-units.ts';
import type { BatchNeeds, LargePayloads } from './needs.ts';
import type { PausePoints } from './pause-points.ts';
import { type BatchPlan, type PlanContext, planBatch, replyAll } from './plan.ts';
import { createRunCache } from './run-cache.ts';
import { type RunPlan, refusesUnchecked, revisionAfter } from './run-plan.ts';
import { createSlotBook, type Slot, type SlotBook } from './slots.ts';
import { isCommitted } from './uncertain-commit.ts';

export interface CoordinatorOptions {
  sql: Sql;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
  hands: Hands;
  clock: DbClock;
  random(): number;
  defaults: EngineDefaults;
  quota: Slot | null;
  isAwaited: PlanContext['isAwaited'];
  points: PausePoints;
  /**
   * A connection for each batch that may be under way at once: while Postgres writes one, the next is decided. Work
   * that comes singly stays on the first, whose caches are warm.
   */
  lanes: readonly Sql[];
  maxBatch: number;
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

export interface Coordinator {
  submit(unit: Unit): void;
  /** Entries not yet committed. */
  backlog(): number;
  /** Takes nothing new, and resolves when what was taken is committed. */
  drain(): Promise<void>;
  /** The run has been seen so far on: what is believed of it from before is dropped. */
  forgetBefore(id: RunId, seen: { revision: number } | { seq: number }): void;
  /** The number of the newest plan. */
  turn(): number;
  slots: Pick<SlotBook, 'room' | 'doubt'>;
  /** Reads the rows of all slots that are believed in. */
  readSlots(): Promise<void>;
}

const BATCH_TRIES = 5;

/** One batch on one lane. */
interface Work {
  sql: Sql;
  part: string;
  aside: Aside | null;
}

/** Why a batch was not taken. `undecided`: or may have been, for the answer was lost. */
type Refusal = (CommitFailure & { undecided?: BatchPlan }) | { kind: 'needs'; needs: BatchNeeds };

const pauseBefore = (tries: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(50 * 2 ** tries, 2000)));

/** The loop: take what has come, decide, write it in one commit, tell the world. The README tells the whole story. */
export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const intake = createIntake();
  const cache = createRunCache({ maxTasks: 2_000_000, now: () => options.clock.now() });
  const slots = createSlotBook(() => options.clock.now());
  const free = options.lanes.map((_, at) => at);
  const anteroom = options.payloads && openAnteroom(options.payloads);
  let woken = false;
  let turn = 0;
  let idle: (() => void)[] = [];

  function wake(): void {
    if (woken || free.length === 0) return;
    woken = true;
    // After this turn's other reports: what comes together is committed together.
    setImmediate(() => {
      woken = false;
      while (free.length > 0) {
        const batch = intake.take(options.maxBatch);
        if (!batch) break;
        void runLane(takeLane(), batch);
      }
    });
  }

  function openAnteroom(payloads: LargePayloads): Anteroom {
    return createAnteroom({
      payloads,
      onReady(units) {
        intake.comeBack(units);
        wake();
      },
      onFailed(units, error) {
        for (const unit of units) unit.fail(error);
        intake.free(units);
        wake();
        tellIdle();
      },
      onTrouble: options.onTrouble,
    });
  }

  const isIdle = (): boolean =>
    free.length === options.lanes.length && intake.size() === 0 && !anteroom?.size();

  function tellIdle(): void {
    if (!isIdle()) return;
    for (const resolve of idle) resolve();
    idle = [];
  }

  function takeLane(): number {
    free.sort((a, b) => b - a);
    return free.pop() ?? 0;
  }

  async function runLane(lane: number, first: { part: string; units: Unit[] }): Promise<void> {
    const sql = options.lanes[lane] ?? options.sql;
    for (let batch: typeof first | null = first; batch; batch = intake.take(options.maxBatch)) {
      const { part, units } = batch;
      const work: Work = { sql, part, aside: null };
      try {
        await processBatch(work, units);
      } catch (error) {
        await isolate(work, units, error);
      }
      dismiss(units, work.aside);
    }
    free.push(lane);
    if (intake.size() > 0) wake();
    tellIdle();
  }

  /** What has been set aside keeps its runs until it comes back; all others are free. */
  function dismiss(units: readonly Unit[], aside: Aside | null): void {
    const done = aside ? units.filter((unit) => !aside.units.has(unit)) : units;
    for (const unit of done) if (unit.atHand) letGo(unit);
    intake.free(done);
    if (!aside) return;
    const waiting = units.filter((unit) => aside.units.has(unit));
    intake.hold(waiting);
    anteroom?.wait(waiting, aside.needs);
  }

  /** A batch that cannot be committed may owe it to one of its units: each gets a commit of its own. */
  async function isolate(work: Work, units: Unit[], cause: unknown): Promise<void> {
    options.onTrouble('A batch could not be committed.', cause);
    for (const unit of units) {
      const { aside } = work;
      if (aside?.units.has(unit)) continue;
      if (aside && followsAside(unit, aside)) aside.units.add(unit);
      else if (units.length === 1) unit.fail(cause);
      else await processBatch(work, [unit]).catch((error) => unit.fail(error));
    }
  }

  async function processBatch(work: Work, units: Unit[]): Promise<void> {
    const { sql, part } = work;
    const { fresh, copies } = setCopiesApart(units);
    let remaining = fresh;
    for (let tries = 0; remaining.length > 0; ) {
      const failure =
        tries === 0 ? await tryOptimistic(sql, part, remaining) : await tryLocked(sql, part, remaining);
      if (!failure) break;
      if (failure.kind === 'needs') {
        const aside = setAside(units, failure.needs, work.aside);
        work.aside = aside;
        remaining = remaining.filter((unit) => !aside.units.has(unit));
        continue;
      }
      if (failure.undecided && (await settleUncertain(part, failure))) break;
      if (tries >= BATCH_TRIES && failure.kind !== 'outage') throw failure.error;
      remaining = await recover(failure, remaining, tries);
      tries += 1;
    }
    for (const copy of copies) if (!work.aside?.units.has(copy)) answerRepeated(copy);
  }

  async function tryOptimistic(sql: Sql, part: string, units: Unit[]): Promise<Refusal | null> {
    let states: Map<RunId, RunState>;
    try {
      states = await statesFor(sql, part, units);
    } catch (error) {
      return classifyFailure(error);
    }
    return attempt(sql, part, { units, states });
  }

  async function statesFor(sql: Sql, part: string, units: Unit[]): Promise<Map<RunId, RunState>> {
    const states = new Map<RunId, RunState>();
    const missing = new Set<RunId>();
    for (const { entries } of units) {
      for (const { runId, birth } of entries) {
        const known = cache.get(runId);
        if (known) states.set(runId, known);
        else if (!birth) missing.add(runId);
      }
    }
    if (missing.size === 0) return states;
    const loaded = await loadRuns(sql, [...missing], { part, lock: false, graphOf: options.graphOf });
    for (const [id, state] of loaded) states.set(id, state);
    return states;
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
    { units, states }: { units: Unit[]; states: Map<RunId, RunState> },
  ): Promise<Refusal | null> {
    let plan: BatchPlan | undefined = makePlan(units, states);
    try {
      const doubtful = plan.runs.filter(
        (run) => refusesUnchecked(run) && cache.get(run.before.id) === run.before,
      );
      if (slots.isStale() || doubtful.length > 0) {
        release(plan);
        plan = undefined;
        for (const { before } of doubtful) cache.drop(before.id);
        if (slots.isStale()) await slots.refresh(sql);
        plan = makePlan(units, doubtful.length > 0 ? await statesFor(sql, part, units) : states);
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
    submit(unit) {
      intake.push(unit);
      wake();
    },
    backlog: () => intake.size() + (anteroom?.size() ?? 0),
    drain() {
      anteroom?.hurry();
      return isIdle() ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
    forgetBefore(id, seen) {
      const known = cache.get(id);
      if (!known) return;
      const isBehind = 'seq' in seen ? known.seq < seen.seq : known.revision < seen.revision;
      if (isBehind) cache.drop(id);
    },
    turn: () => turn,
    slots,
    readSlots: () => slots.refresh(options.sql),
  };
}
