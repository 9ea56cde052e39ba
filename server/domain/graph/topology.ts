export interface TopologicalOrder {
  /** Every node after all those that lead to it; ties in the order of their numbers where both are free at once. */
  order: number[];
  /** Nodes on a circle or behind one, in ascending order. */
  rest: number[];
}

/** Kahn's algorithm: no recursion, so a chain of any length is safe. */
export function sortTopologically(
  incomingCounts: readonly number[],
  successorsOf: (node: number) => readonly number[],
): TopologicalOrder {
  const left = Int32Array.from(incomingCounts);
  const order: number[] = [];
  for (let node = 0; node < left.length; node++) if (left[node] === 0) order.push(node);
  for (let at = 0; at < order.length; at++) {
    for (const next of successorsOf(order[at] ?? 0)) {
      const count = (left[next] ?? 0) - 1;
      left[next] = count;
      if (count === 0) order.push(next);
    }
  }
  const rest: number[] = [];
  for (let node = 0; node < left.length; node++) if ((left[node] ?? 0) > 0) rest.push(node);
  return { order, rest };
}

/**
 * The strongly connected components that are circles (two nodes or more), each with its nodes in ascending order.
 * Tarjan's algorithm with its call stack kept by hand; `nodes` limits it to the part where circles can be.
 */
export function findCycles(
  nodes: readonly number[],
  size: number,
  successorsOf: (node: number) => readonly number[],
): number[][] {
  const included = new Uint8Array(size);
  for (const node of nodes) included[node] = 1;
  const found = new Int32Array(size);
  const low = new Int32Array(size);
  const next = new Int32Array(size);
  const open = new Uint8Array(size);
  const component: number[] = [];
  const cycles: number[][] = [];
  let counter = 0;
  for (const root of nodes) {
    if (found[root]) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      if (!found[node]) {
        found[node] = low[node] = ++counter;
        open[node] = 1;
        component.push(node);
      }
      const child = successorsOf(node)[next[node] ?? 0];
      if (child !== undefined) {
        next[node] = (next[node] ?? 0) + 1;
        if (included[child] && !found[child]) path.push(child);
        else if (open[child]) low[node] = Math.min(low[node] ?? 0, found[child] ?? 0);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] === found[node]) {
        const members = component.splice(component.lastIndexOf(node));
        for (const member of members) open[member] = 0;
        if (members.length > 1) cycles.push(members.sort((a, b) => a - b));
      }
    }
  }
  return cycles;
}
