import type { Sql } from '#db/client.ts';
import { type AgentId, toUuid } from '#server/domain/ids.ts';
import type { BreakerRecord } from './records.ts';

export interface Trip {
  id: AgentId;
  reason: string;
  breaker: BreakerRecord;
}

/**
 * Writes the breaker's order and what it needs to know later, unless a person has ordered something. Says whether it
 * was written: of several processes that trip together one is enough.
 */
export async function writeTrip(sql: Sql, { id, reason, breaker }: Trip): Promise<boolean> {
  const detail = JSON.stringify({ breaker });
  const rows = await sql`
    WITH tripped AS (
      UPDATE agents a SET ordered = 'quarantined', ordered_reason = ${reason}, ordered_at = now()
      WHERE a.id = ${toUuid(id)}::uuid AND (a.ordered IS NULL OR (a.ordered = 'quarantined'
        AND EXISTS (SELECT FROM agent_health h WHERE h.agent_id = a.id
          AND (h.detail -> 'breaker' ->> 'trips')::int < ${breaker.trips}::int)))
      RETURNING a.id, a.org_id)
    INSERT INTO agent_health AS h (agent_id, org_id, state, detail)
    SELECT id, org_id, 'quarantined', ${detail}::text::json FROM tripped
    ON CONFLICT (agent_id) DO UPDATE SET detail = excluded.detail, state = excluded.state,
      since = CASE WHEN h.state = excluded.state THEN h.since ELSE now() END
    RETURNING h.agent_id`;
  return rows.length > 0;
}

/** The probe went well: it serves again, if it is still the breaker's to say. */
export async function writeRecovery(sql: Sql, id: AgentId): Promise<boolean> {
  const rows = await sql`
    WITH closed AS (
      UPDATE agents a SET ordered = NULL, ordered_reason = NULL, ordered_at = NULL
      WHERE a.id = ${toUuid(id)}::uuid AND a.ordered = 'quarantined'
        AND EXISTS (SELECT FROM agent_health h WHERE h.agent_id = a.id AND h.detail -> 'breaker' IS NOT NULL)
      RETURNING a.id)
    UPDATE agent_health h SET detail = NULL FROM closed WHERE h.agent_id = closed.id RETURNING h.agent_id`;
  return rows.length > 0;
}
