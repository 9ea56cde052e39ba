import type { RunId } from '#server/domain/ids.ts';
import type { Unit } from './intake.ts';
import type { BatchNeeds, RunNeeds } from './needs.ts';

/** What of a batch is not committed with it, since it needs large values first. */
export interface Aside {
  units: Set<Unit>;
  needs: ReadonlyMap<RunId, RunNeeds>;
}

/** The units whose runs need something, with all that touches the same runs: each run hears everything in order. */
export function setAside(units: readonly Unit[], needs: BatchNeeds, before: Aside | null): Aside {
  const touches = (unit: Unit): boolean => unit.entries.some(({ runId }) => needs.has(runId));
  const groups = groupByRuns(units).filter((group) => group.some(touches));
  return {
    units: new Set([...(before?.units ?? []), ...groups.flat()]),
    needs: new Map([...(before?.needs ?? []), ...needs]),
  };
}

/** Whether the unit must wait behind what has been set aside. */
export function followsAside(unit: Unit, aside: Aside): boolean {
  const runs = new Set([...aside.units].flatMap((other) => other.entries.map((entry) => entry.runId)));
  return unit.entries.some((entry) => runs.has(entry.runId));
}

/** Units that share runs, directly or through others. In the order of their first unit, and in order within. */
export function groupByRuns(units: readonly Unit[]): Unit[][] {
  const groups: { units: Set<Unit>; runs: Set<RunId> }[] = [];
  const groupOf = new Map<RunId, (typeof groups)[number]>();
  for (const unit of units) {
    const known = new Set(unit.entries.flatMap(({ runId }) => groupOf.get(runId) ?? []));
    const [first = { units: new Set<Unit>(), runs: new Set<RunId>() }, ...others] = known;
    if (known.size === 0) groups.push(first);
    first.units.add(unit);
    for (const { runId } of unit.entries) first.runs.add(runId);
    for (const other of others) {
      for (const each of other.units) first.units.add(each);
      for (const each of other.runs) first.runs.add(each);
      other.units.clear();
    }
    for (const runId of first.runs) groupOf.set(runId, first);
  }
  return groups
    .map((group) => units.filter((unit) => group.units.has(unit)))
    .filter((group) => group.length > 0);
}
