import type { Sql } from '#db/client.ts';
import { type Column, Parameters, readColumn } from '#db/columns.ts';
import { type AgentId, type OrgId, toUuid } from '#server/domain/ids.ts';
import { type AgentState, presenceOf } from '#server/domain/routing.ts';

export interface HealthChange {
  id: AgentId;
  orgId: OrgId;
  state: AgentState;
  load: number | null;
  lastBeatAt: number | null;
}

const COLUMNS: Column<HealthChange>[] = [
  { name: 'agent_id', kind: 'uuid', get: (row) => toUuid(row.id) },
  { name: 'org_id', kind: 'uuid', get: (row) => toUuid(row.orgId) },
  { name: 'state', kind: 'word', get: (row) => row.state },
  { name: 'last_beat_at', kind: 'ms', get: (row) => row.lastBeatAt },
  { name: 'load', kind: 'real', get: (row) => row.load },
];

const PRESENCE: Column<HealthChange> = {
  name: 'presence',
  kind: 'word',
  get: (row) => presenceOf(row.state),
};

/**
 * Agents whose state is another than the one that is written, and what of it is history. An agent that has just been
 * taken off the list is left out.
 */
export async function writeHealth(sql: Sql, changes: readonly HealthChange[]): Promise<void> {
  const parameters = new Parameters();
  const source = parameters.rows('n', [...COLUMNS, PRESENCE], changes);
  const names = COLUMNS.map((column) => column.name).join(', ');
  const values = COLUMNS.map((column) => readColumn('n', column)).join(', ');
  await sql.unsafe(
    `WITH changed AS (SELECT * FROM ${source}
       WHERE EXISTS (SELECT FROM agents a WHERE a.id = n.agent_id) ORDER BY n.agent_id),
     written AS (INSERT INTO agent_health AS h (${names}, since) SELECT ${values}, now() FROM changed n
       ON CONFLICT (agent_id) DO UPDATE SET state = excluded.state,
         since = CASE WHEN h.state = excluded.state THEN h.since ELSE excluded.since END,
         last_beat_at = greatest(h.last_beat_at, excluded.last_beat_at), load = excluded.load
       WHERE h.state IS DISTINCT FROM excluded.state OR h.last_beat_at < excluded.last_beat_at RETURNING h.agent_id)
     INSERT INTO agent_history (org_id, agent_id, state)
       SELECT n.org_id, n.agent_id, ${readColumn('n', PRESENCE)} FROM changed n JOIN written USING (agent_id)
       WHERE ${readColumn('n', PRESENCE)} IS DISTINCT FROM (SELECT y.state FROM agent_history y
         WHERE y.agent_id = n.agent_id ORDER BY y.at DESC LIMIT 1)
     ON CONFLICT DO NOTHING`,
    parameters.values,
    { prepare: true },
  );
}
