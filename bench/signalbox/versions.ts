import type { Sql } from '#db/client.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, makeId, toUuid, type VersionId } from '#server/domain/ids.ts';

/** A published version without a pipeline around it. */
export async function storeVersion(sql: Sql, newUuid: () => string, graph: GraphInput): Promise<VersionId> {
  const id = makeId('ver', newUuid());
  const document = JSON.stringify(graphSchema.parse(graph));
  await sql`INSERT INTO versions (id, org_id, number, graph, content_hash)
    VALUES (${toUuid(id)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 1, ${document}::text::json, ${id})`;
  return id;
}
