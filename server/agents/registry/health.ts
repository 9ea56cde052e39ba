import type { Sql } from '#db/client.ts';
import { type Column, Parameters, readColumn } from '#db/columns.ts';
import { type AgentId, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { AgentState } from '#server/domain/routing.ts';

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

/** Agents whose state is another than the one that is written. An agent that has just been taken off the list is left out. */
export async function writeHealth(sql: Sql, changes: readonly HealthChange[]): Promise<void> {
  const parameters = new Parameters();
  const source = parameters.rows('n', COLUMNS, changes);
  const names = COLUMNS.map((column) => column.name).join(', ');
  const values = COLUMNS.map((column) => readColumn('n', column)).join(', ');
  await sql.unsafe(
    `INSERT INTO agent_health AS h (${names}, since) SELECT ${values}, now() FROM ${source}
       WHERE EXISTS (SELECT FROM agents a WHERE a.id = n.agent_id) ORDER BY n.agent_id
     ON CONFLICT (agent_id) DO UPDATE SET state = excluded.state, since = excluded.since,
       last_beat_at = excluded.last_beat_at, load = excluded.load
     WHERE h.state IS DISTINCT FROM excluded.state`,
    parameters.values,
    { prepare: true },
  );
}
