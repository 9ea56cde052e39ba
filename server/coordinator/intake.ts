import { partOf } from '#db/parts.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { AtHand } from './needs.ts';
import type { NewRun } from './new-run.ts';

/** A run as a commit has left it. */
export interface StoredRun {
  state: RunState;
  /** What its row says of when. */
  writtenMs: number;
}

/** One thing that happened to one run, and who wants to hear what came of it. */
export interface Entry {
  runId: RunId;
  happening: Happening;
  /** Whose word it is: a run of another tenant does not exist for them. Left out: the engine's own. */
  orgId?: OrgId | undefined;
  /** Present when the run does not exist yet and is made by this entry. */
  birth?: NewRun;
  /** What the audit shall say of it, in the commit of its effect; nothing when it has none. */
  note?: JsonObject;
  reply(reply: Reply, stored?: StoredRun): void;
}

/**
 * What is committed together or not at all: one entry, or all entries of one message from the broker, so that its id
 * can be written to the inbox in the same commit as everything it says.
 */
export interface Unit {
  entries: Entry[];
  messageId?: string;
  /** Large values that were fetched for it. */
  atHand?: AtHand | undefined;
  fail(error: unknown): void;
}

export interface Intake {
  push(unit: Unit): void;
  /** Up to `max` entries whose runs nobody else is working on and that lie in one week's part. */
  take(max: number): { part: string; units: Unit[] } | null;
  /** The runs of a taken batch are free again. */
  free(units: readonly Unit[]): void;
  /** Keeps the runs of units that are set aside. */
  hold(units: readonly Unit[]): void;
  /** Taken units that were not committed come back, before all that came for their runs meanwhile. */
  comeBack(units: readonly Unit[]): void;
  size(): number;
}

/**
 * The queue before the lanes. A run is in one batch at a time; what comes for it meanwhile waits in order. A message
 * whose runs lie in two weeks' parts is taken by its first run's: parts only limit what a fresh batch gathers.
 */
export function createIntake(): Intake {
  let queue: Unit[] = [];
  let head = 0;
  const busy = new Set<RunId>();
  const parked = new Map<RunId, Unit[]>();
  let parkedCount = 0;

  const blockedBy = (unit: Unit): RunId | undefined =>
    unit.entries.find((entry) => busy.has(entry.runId))?.runId;

  function park(unit: Unit, runId: RunId): void {
    const list = parked.get(runId);
    if (list) list.push(unit);
    else parked.set(runId, [unit]);
    parkedCount += 1;
  }

  function take(max: number): { part: string; units: Unit[] } | null {
    const units: Unit[] = [];
    const later: Unit[] = [];
    const mine = new Set<RunId>();
    let part: string | null = null;
    let count = 0;
    while (head < queue.length && count < max) {
      const unit = queue[head++] as Unit;
      const blocker = blockedBy(unit);
      if (blocker !== undefined) {
        park(unit, blocker);
        continue;
      }
      const unitPart = partOf(unit.entries[0]?.runId ?? '');
      part ??= unitPart;
      if (unitPart !== part) {
        later.push(unit);
        continue;
      }
      units.push(unit);
      count += unit.entries.length;
      for (const entry of unit.entries) mine.add(entry.runId);
    }
    compact(later);
    if (part === null) return null;
    for (const runId of mine) busy.add(runId);
    return { part, units };
  }

  function compact(front: readonly Unit[]): void {
    if (front.length === 0 && head < 1024 && head < queue.length) return;
    queue = [...front, ...queue.slice(head)];
    head = 0;
  }

  function free(units: readonly Unit[]): void {
    const back = unpark(units);
    if (back.length > 0) compact(back);
  }

  function unpark(units: readonly Unit[]): Unit[] {
    const back: Unit[] = [];
    for (const unit of units) {
      for (const { runId } of unit.entries) {
        busy.delete(runId);
        const list = parked.get(runId);
        if (!list) continue;
        parked.delete(runId);
        parkedCount -= list.length;
        back.push(...list);
      }
    }
    return back;
  }

  return {
    push: (unit) => {
      queue.push(unit);
    },
    take,
    free,
    hold(units) {
      for (const { entries } of units) for (const { runId } of entries) busy.add(runId);
    },
    comeBack: (units) => compact([...units, ...unpark(units)]),
    size: () => queue.length - head + parkedCount,
  };
}
