import { notFound } from '#server/domain/errors.ts';
import { type CompiledGraph, compileGraph } from '#server/domain/graph/compile.ts';
import { graphSchema } from '#server/domain/graph/schema.ts';
import { toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Sql } from '../client.ts';

const KEPT_STAGES = 200_000;

/**
 * Compiled graphs by version. Versions never change, so what was compiled holds for good; the least recently used go
 * when their stages become too many.
 */
export function createGraphCache(sql: Sql): (versionId: VersionId) => Promise<CompiledGraph> {
  const graphs = new Map<VersionId, Promise<CompiledGraph>>();
  const sizes = new Map<VersionId, number>();
  let stages = 0;

  function drop(id: VersionId): void {
    graphs.delete(id);
    stages -= sizes.get(id) ?? 0;
    sizes.delete(id);
  }

  async function load(id: VersionId): Promise<CompiledGraph> {
    const [row] = await sql<
      { graph: unknown }[]
    >`SELECT graph FROM versions WHERE id = ${toUuid(id)}::text::uuid`;
    if (!row) throw notFound('version', id);
    const compiled = compileGraph(graphSchema.parse(row.graph));
    sizes.set(id, compiled.stages.length);
    stages += compiled.stages.length;
    for (const old of graphs.keys()) {
      if (stages <= KEPT_STAGES) break;
      if (old !== id) drop(old);
    }
    return compiled;
  }

  return (id) => {
    const known = graphs.get(id);
    if (known !== undefined) {
      graphs.delete(id);
      graphs.set(id, known);
      return known;
    }
    const loading = load(id);
    graphs.set(id, loading);
    loading.catch(() => drop(id));
    return loading;
  };
}
