import type { Sql } from '#db/client.ts';
import { type CompiledGraph, compileGraph } from '#server/domain/graph/compile.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, makeId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';

/** Versions of a test's graphs: stored once, compiled once. */
export interface GraphStore {
  store(graph: GraphInput): Promise<VersionId>;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
}

export function createGraphStore(sql: Sql, newUuid: () => string): GraphStore {
  const graphs = new Map<VersionId, CompiledGraph>();
  return {
    async store(graph) {
      const id = makeId('ver', newUuid());
      const document = JSON.stringify(graphSchema.parse(graph));
      await sql`INSERT INTO versions (id, org_id, number, graph, content_hash)
        VALUES (${toUuid(id)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 1, ${document}::text::json, ${id})`;
      return id;
    },
    async graphOf(versionId) {
      const known = graphs.get(versionId);
      if (known) return known;
      const [row] = await sql<{ graph: Json }[]>`
        SELECT graph FROM versions WHERE id = ${toUuid(versionId)}::text::uuid`;
      if (!row) throw new Error(`there is no version ${versionId}`);
      const graph = compileGraph(graphSchema.parse(row.graph));
      graphs.set(versionId, graph);
      return graph;
    },
  };
}
