import type { Edge, Model } from './model.ts';

/**
 * Whether one stage comes before another over the chosen dependencies. Direct ones, the common case, are looked up;
 * for the others a bit per pair of stages is worked out once, when first asked: 12 MB and some milliseconds for 10,000.
 */
export function collectAncestors(
  model: Model,
  chosen: (edge: Edge) => boolean,
): (stage: number, ancestor: number) => boolean {
  const parentsOf = new Map<number, Set<number>>();
  let rows: Uint32Array[] | null = null;
  return (stage, ancestor) => {
    let parents = parentsOf.get(stage);
    if (!parents) {
      parents = new Set((model.incoming[stage] ?? []).filter(chosen).map(({ from }) => from));
      parentsOf.set(stage, parents);
    }
    if (parents.has(ancestor)) return true;
    if (parents.size === 0) return false;
    rows ??= workOutRows(model, chosen);
    return ((rows[stage]?.[ancestor >>> 5] ?? 0) & (1 << (ancestor & 31))) !== 0;
  };
}

function workOutRows(model: Model, chosen: (edge: Edge) => boolean): Uint32Array[] {
  const width = (model.graph.stages.length + 31) >>> 5;
  const rows: Uint32Array[] = new Array(model.graph.stages.length);
  for (const stage of model.order) {
    const row = new Uint32Array(width);
    for (const edge of model.incoming[stage] ?? []) {
      if (!chosen(edge)) continue;
      const above = rows[edge.from];
      if (above) for (let i = 0; i < width; i++) row[i] = (row[i] ?? 0) | (above[i] ?? 0);
      row[edge.from >>> 5] = (row[edge.from >>> 5] ?? 0) | (1 << (edge.from & 31));
    }
    rows[stage] = row;
  }
  return rows;
}
