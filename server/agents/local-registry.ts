import type { Sql } from '#db/client.ts';
import { type AgentId, fromUuid, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { BuiltinAgent } from './agent.ts';

export interface LocalAgent extends BuiltinAgent {
  id: AgentId;
  generation: number;
}

/**
 * Enters the agents of this process. A name and instance keep their id over restarts; the generation grows, which is
 * how what an earlier process of theirs held is known to be held by nobody.
 */
export async function registerLocalAgents(
  sql: Sql,
  agents: readonly BuiltinAgent[],
  where: { orgId: OrgId; instance: string; newUuid: () => string },
): Promise<LocalAgent[]> {
  const rows = agents.map((agent) => ({
    id: where.newUuid(),
    name: agent.name,
    version: agent.version,
    capabilities: agent.capabilities.map((name) => ({ name, version: agent.version })),
    max: agent.maxConcurrency,
  }));
  const stored = await sql<{ id: string; name: string; generation: number }[]>`
    INSERT INTO agents (id, org_id, name, instance, type, transport, version, capabilities, max_concurrency)
    SELECT a.id::uuid, ${toUuid(where.orgId)}::text::uuid, a.name, ${where.instance}::text, 'worker', 'local',
      a.version, a.capabilities, a.max
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS a (id text, name text, version text, capabilities json, max int)
    ON CONFLICT (org_id, name, instance) DO UPDATE SET generation = agents.generation + 1,
      transport = 'local', version = excluded.version, capabilities = excluded.capabilities,
      max_concurrency = excluded.max_concurrency
    RETURNING id, name, generation`;
  const byName = new Map(stored.map((row) => [row.name, row]));
  const local = agents.flatMap((agent) => {
    const row = byName.get(agent.name);
    return row ? [{ ...agent, id: fromUuid('agent', row.id), generation: row.generation }] : [];
  });
  await markState(sql, local, 'online');
  return local;
}

export async function markState(
  sql: Sql,
  agents: readonly LocalAgent[],
  state: 'online' | 'offline',
): Promise<void> {
  const ids = `{${agents.map((agent) => toUuid(agent.id)).join(',')}}`;
  await sql`
    INSERT INTO agent_health (agent_id, org_id, state, since, last_beat_at)
    SELECT id, org_id, ${state}::text, now(), now() FROM agents WHERE id = ANY (${ids}::text::uuid[])
    ON CONFLICT (agent_id) DO UPDATE SET last_beat_at = now(), state = excluded.state,
      since = CASE WHEN agent_health.state = excluded.state THEN agent_health.since ELSE now() END`;
}
