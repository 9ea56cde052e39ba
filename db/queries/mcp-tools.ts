import type { Generation, ToolDefinition } from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';

export interface Offer {
  orgUuid: string;
  connectionUuid: string;
  tools: readonly { name: string; definition: ToolDefinition; hash: string }[];
  /** What is not among them is offered no more. */
  isWhole: boolean;
}

/**
 * Writes what a server offers now, and answers with how many of its tools are new, changed or gone by it. Several
 * processes may do so at once: each statement leaves the rows as one of them saw the server.
 */
export async function writeOffer(
  sql: Sql,
  { orgUuid, connectionUuid, tools, isWhole }: Offer,
): Promise<number> {
  const rows = tools.map(({ name, definition, hash }) => ({ name, definition, hash }));
  const [result] = await sql<{ changed: number }[]>`
    WITH given AS (
      SELECT name, definition, hash FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
        AS each (name text, definition json, hash text)
    ), known AS (
      -- The connection may have been deleted meanwhile; then nothing is written.
      SELECT id FROM mcp_connections WHERE id = ${connectionUuid}::text::uuid AND org_id = ${orgUuid}::text::uuid
      FOR KEY SHARE
    ), written AS (
      INSERT INTO mcp_tools (connection_id, org_id, name, offered, offered_hash)
      SELECT known.id, ${orgUuid}::text::uuid, given.name, given.definition, given.hash FROM given, known ORDER BY given.name
      ON CONFLICT (connection_id, name) DO UPDATE
        SET offered = excluded.offered, offered_hash = excluded.offered_hash, changed_at = now()
        WHERE mcp_tools.offered_hash IS DISTINCT FROM excluded.offered_hash
      RETURNING 1
    ), gone AS (
      UPDATE mcp_tools SET offered = NULL, offered_hash = NULL, changed_at = now()
      WHERE connection_id = (SELECT id FROM known) AND offered_hash IS NOT NULL
        AND ${isWhole}::boolean AND name NOT IN (SELECT name FROM given)
      RETURNING 1
    )
    SELECT ((SELECT count(*) FROM written) + (SELECT count(*) FROM gone))::int AS changed`;
  // What nobody ever approved and nobody offers any more is of no interest.
  await sql`DELETE FROM mcp_tools WHERE connection_id = ${connectionUuid}::text::uuid
    AND offered_hash IS NULL AND pinned_hash IS NULL AND NOT blocked`;
  return result?.changed ?? 0;
}

export interface HealthNote {
  orgUuid: string;
  connectionUuid: string;
  ok: boolean;
  generation: Generation | null;
  serverName: string | null;
  serverVersion: string | null;
  latencyMs: number | null;
  problem: string | null;
}

export async function writeHealth(sql: Sql, note: HealthNote): Promise<void> {
  const { orgUuid, connectionUuid, ok, generation, serverName, serverVersion, latencyMs, problem } = note;
  await sql`
    INSERT INTO mcp_health AS known (connection_id, org_id, ok, generation, server_name, server_version, latency_ms, problem,
      at, ok_at)
    SELECT id, org_id, ${ok}::boolean, ${generation}::text, ${serverName}::text, ${serverVersion}::text, ${latencyMs}::int,
      ${problem}::text, now(), CASE WHEN ${ok}::boolean THEN now() END
    FROM mcp_connections WHERE id = ${connectionUuid}::text::uuid AND org_id = ${orgUuid}::text::uuid
    ON CONFLICT (connection_id) DO UPDATE SET ok = excluded.ok, at = excluded.at, problem = excluded.problem,
      generation = coalesce(excluded.generation, known.generation),
      server_name = coalesce(excluded.server_name, known.server_name),
      server_version = coalesce(excluded.server_version, known.server_version),
      latency_ms = excluded.latency_ms, ok_at = coalesce(excluded.ok_at, known.ok_at)`;
}
