import { endSession, type Sql } from '#db/client.ts';
import type { RunId } from '#server/domain/ids.ts';
import { type Anteroom, createAnteroom, letGo } from './anteroom.ts';
import { type Aside, followsAside, setAside } from './aside.ts';
import { type CommitterOptions, createCommitter } from './committer.ts';
import { isDemoted, isSeatTaken } from './failures.ts';
import { createIntake, type Unit } from './intake.ts';
import { answerRepeated, setCopiesApart } from './known-units.ts';
import type { LargePayloads } from './needs.ts';
import type { SlotBook } from './slots.ts';

export interface CoordinatorOptions extends CommitterOptions {
  /**
   * A connection for each batch that may be under way at once: while Postgres writes one, the next is decided. Work
   * that comes singly stays on the first, whose caches are warm.
   */
  lanes: readonly Sql[];
  maxBatch: number;
}

export interface Coordinator {
  submit(unit: Unit): void;
  /** Entries not yet committed. */
  backlog(): number;
  /** For how long the oldest batch that is under way has been. */
  stalledMs(): number;
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
/** Whoever lost a seat lost it to work that goes on elsewhere: nothing is stuck, and it is tried for longer. */
const SEAT_TRIES = 50;

/** One batch on one lane. */
interface Work {
  sql: Sql;
  part: string;
  aside: Aside | null;
}

/** The loop: takes what has come, and gives it batch by batch to a lane to be committed. The README tells the whole story. */
export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const intake = createIntake();
  const { tryOptimistic, tryLocked, settleUncertain, recover, forgetBefore, turn, slots } =
    createCommitter(options);
  const free = options.lanes.map((_, at) => at);
  /** When the batch of each lane was begun, as far as it has one. */
  const begunAt = new Map<number, number>();
  const anteroom = options.payloads && openAnteroom(options.payloads);
  let woken = false;
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
      begunAt.set(lane, performance.now());
      try {
        await processBatch(work, units);
      } catch (error) {
        await isolate(work, units, error);
      }
      dismiss(units, work.aside);
    }
    begunAt.delete(lane);
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
      if (isDemoted(failure)) await endSession(sql);
      if (failure.undecided && (await settleUncertain(part, failure))) break;
      const mayTry = isSeatTaken(failure) ? SEAT_TRIES : BATCH_TRIES;
      if (tries >= mayTry && failure.kind !== 'outage') throw failure.error;
      remaining = await recover(failure, remaining, tries);
      tries += 1;
    }
    for (const copy of copies) if (!work.aside?.units.has(copy)) answerRepeated(copy);
  }

  return {
    submit(unit) {
      intake.push(unit);
      wake();
    },
    backlog: () => intake.size() + (anteroom?.size() ?? 0),
    stalledMs: () => Math.max(0, ...[...begunAt.values()].map((at) => performance.now() - at)),
    drain() {
      anteroom?.hurry();
      return isIdle() ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
    ...{ forgetBefore, turn, slots },
    readSlots: () => slots.refresh(options.sql),
  };
}
