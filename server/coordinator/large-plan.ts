import { type Decision, decide } from '#server/domain/engine/decide.ts';
import type { DecideContext, Happening } from '#server/domain/engine/happenings.ts';
import { type LargeValues, ValuesNeeded } from '#server/domain/engine/large-values.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { Travel } from './dispatches.ts';
import type { Unit } from './intake.ts';
import type { AtHand, RunNeeds } from './needs.ts';

/** What planning has to do with large values: reading those at hand, and finding out which are not. */

type HandsOfRuns = ReadonlyMap<RunId, AtHand>;

/** Null for nearly every batch: nobody in it has waited for anything. */
export function findAtHand(units: readonly Unit[]): HandsOfRuns | null {
  let found: Map<RunId, AtHand> | null = null;
  for (const { atHand, entries } of units) {
    if (!atHand) continue;
    found ??= new Map();
    for (const { runId } of entries) found.set(runId, atHand);
  }
  return found;
}

export function createReader(atHand: AtHand | undefined, maxInputBytes: number): LargeValues {
  return { open: (ref) => atHand?.values.get(ref.$object), maxInputBytes };
}

export function decideOrNeed(
  before: RunState,
  happenings: readonly Happening[],
  context: DecideContext,
): Decision | ValuesNeeded {
  try {
    return decide(before, happenings, context);
  } catch (thrown) {
    if (thrown instanceof ValuesNeeded) return thrown;
    throw thrown;
  }
}

export function need(
  plan: { needs: Map<RunId, RunNeeds> },
  { id, orgId }: Pick<RunState, 'id' | 'orgId'>,
  { refs = [], texts = [] }: Partial<Pick<RunNeeds, 'refs' | 'texts'>>,
): void {
  const known = plan.needs.get(id);
  plan.needs.set(id, {
    orgId,
    refs: [...(known?.refs ?? []), ...refs],
    texts: [...(known?.texts ?? []), ...texts],
  });
}

/**
 * Inputs that a mapping has made, or a join of many outputs, can be large although nothing upstream is. The message is
 * written as text anyway, so it costs nothing to see that it is short.
 */
export function createTravel(
  plan: { needs: Map<RunId, RunNeeds> },
  hands: HandsOfRuns | null,
  inlineMaxBytes = Number.POSITIVE_INFINITY,
): Travel {
  return (run, assignment) => {
    const whole = JSON.stringify(assignment);
    if (whole.length <= inlineMaxBytes) return whole;
    const text = JSON.stringify(assignment.input);
    if (Buffer.byteLength(text) <= inlineMaxBytes) return whole;
    const ref = hands?.get(run.id)?.stored.get(text);
    if (ref) return JSON.stringify({ ...assignment, input: ref });
    need(plan, run, { texts: [text] });
    return null;
  };
}
