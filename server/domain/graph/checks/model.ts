import type { Graph } from '../schema.ts';
import { sortTopologically } from '../topology.ts';

export interface Edge {
  /** Place in the document. */
  index: number;
  from: number;
  to: number;
}

/** A graph that may be wrong, with stages by number. Dependencies that are wrong in themselves are left out. */
export interface Model {
  graph: Graph;
  /** The first stage of each key. */
  indexOf: ReadonlyMap<string, number>;
  edges: readonly Edge[];
  /** Dependencies between two stages that have one already, and which one that is. */
  duplicates: ReadonlyMap<number, number>;
  incoming: readonly (readonly Edge[])[];
  outgoing: readonly (readonly Edge[])[];
  successorsOf(stage: number): readonly number[];
  order: readonly number[];
  /** Stages on a circle or behind one. */
  stuck: ReadonlySet<number>;
}

const NONE: readonly never[] = Object.freeze([]);

export function buildModel(graph: Graph): Model {
  const indexOf = new Map<string, number>();
  for (const [index, { key }] of graph.stages.entries()) if (!indexOf.has(key)) indexOf.set(key, index);
  const edges: Edge[] = [];
  const incoming: Edge[][] = graph.stages.map(() => []);
  const outgoing: Edge[][] = graph.stages.map(() => []);
  const known = new Map<number, number>();
  const duplicates = new Map<number, number>();
  for (const [index, dependency] of graph.dependencies.entries()) {
    const from = indexOf.get(dependency.from);
    const to = indexOf.get(dependency.to);
    if (from === undefined || to === undefined || from === to) continue;
    const pair = from * graph.stages.length + to;
    const first = known.get(pair);
    if (first !== undefined) {
      duplicates.set(index, first);
      continue;
    }
    known.set(pair, index);
    const edge = { index, from, to };
    edges.push(edge);
    incoming[to]?.push(edge);
    outgoing[from]?.push(edge);
  }
  const successors = outgoing.map((list) => (list.length === 0 ? NONE : list.map(({ to }) => to)));
  const successorsOf = (stage: number) => successors[stage] ?? NONE;
  const { order, rest } = sortTopologically(
    incoming.map((list) => list.length),
    successorsOf,
  );
  return { graph, indexOf, edges, duplicates, incoming, outgoing, successorsOf, order, stuck: new Set(rest) };
}

export function keyOf(model: Model, stage: number): string {
  return model.graph.stages[stage]?.key ?? '';
}
