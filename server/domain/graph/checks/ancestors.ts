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
  let table: AncestorTable | null = null;
  return (stage, ancestor) => {
    let parents = parentsOf.get(stage);
    if (!parents) {
      parents = new Set((model.incoming[stage] ?? []).filter(chosen).map(({ from }) => from));
      parentsOf.set(stage, parents);
    }
    if (parents.has(ancestor)) return true;
    if (parents.size === 0) return false;
    table ??= workOutTable(model, chosen);
    return hasBit(table, stage, ancestor);
  };
}

interface AncestorTable {
  width: number;
  /** Bits stand for places in the order, so that a row is empty beyond the place of its own stage. */
  placeOf: Uint32Array;
  rows: Uint32Array;
}

function hasBit({ width, placeOf, rows }: AncestorTable, stage: number, ancestor: number): boolean {
  const place = placeOf[ancestor] ?? 0;
  return ((rows[stage * width + (place >>> 5)] ?? 0) & (1 << (place & 31))) !== 0;
}

/** The row of a stage is those of its parents, and the parents. */
function workOutTable(model: Model, chosen: (edge: Edge) => boolean): AncestorTable {
  const size = model.graph.stages.length;
  const width = (size + 31) >>> 5;
  const rows = new Uint32Array(size * width);
  const placeOf = new Uint32Array(size);
  for (const [place, stage] of model.order.entries()) placeOf[stage] = place;
  for (const stage of model.order) {
    const own = stage * width;
    for (const edge of model.incoming[stage] ?? []) {
      if (!chosen(edge)) continue;
      const above = edge.from * width;
      const place = placeOf[edge.from] ?? 0;
      const last = place >>> 5;
      for (let i = 0; i <= last; i++) rows[own + i] = (rows[own + i] ?? 0) | (rows[above + i] ?? 0);
      rows[own + last] = (rows[own + last] ?? 0) | (1 << (place & 31));
    }
  }
  return { width, placeOf, rows };
}
