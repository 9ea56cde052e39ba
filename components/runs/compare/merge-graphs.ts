/** As much of a graph as is needed to lay two over each other; the rest of it stays as it is. */
export interface DrawnGraph {
  stages: readonly { key: string; [field: string]: unknown }[];
  dependencies?: readonly { from: string; to: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

/**
 * Both in one: the second as it was drawn, and of the first whatever the second has not. Stages that only the first has
 * lose their place, since the second's may lie there. A connection of the first that would close a circle with those of
 * the second is left out: they cannot both be followed in one picture.
 */
export function mergeGraphs(first: DrawnGraph, second: DrawnGraph): DrawnGraph {
  const known = new Set(second.stages.map(({ key }) => key));
  const gone = first.stages.filter(({ key }) => !known.has(key)).map(({ ui: _, ...stage }) => stage);
  const dependencies = [...(second.dependencies ?? [])];
  const next = new Map<string, string[]>();
  const add = ({ from, to }: { from: string; to: string }) => next.set(from, [...(next.get(from) ?? []), to]);
  for (const wire of dependencies) add(wire);
  for (const wire of first.dependencies ?? []) {
    if (next.get(wire.from)?.includes(wire.to) || leads(next, wire.to, wire.from)) continue;
    dependencies.push(wire);
    add(wire);
  }
  return { ...second, stages: [...second.stages, ...(gone as { key: string }[])], dependencies };
}

function leads(next: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const key of seen) {
    if (key === to) return true;
    for (const after of next.get(key) ?? []) seen.add(after);
  }
  return false;
}
