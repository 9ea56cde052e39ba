import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import type { LastHour } from '#server/domain/agent-condition.ts';
import { type AgentId, fromUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

/** What the board draws: long enough to see a trend, short enough to be read for all agents at once. */
export const ACTIVITY_MINUTES = 60;
const MINUTE_MS = 60_000;

export interface AgentActivity {
  agentId: AgentId;
  /** Attempts that ended in each minute, oldest first. */
  ended: number[];
  succeeded: number;
  failed: number;
  lost: number;
  /** Time that attempts took, together. */
  busyMs: number;
  longestMs: number;
}

interface Row extends Record<string, unknown> {
  agent_id: string;
  /** Minutes since `since`. */
  minute: number;
  succeeded: number;
  failed: number;
  lost: number;
  busy_ms: number;
  max_ms: number;
}

/** What each agent has ended in the last hour. Agents that have ended nothing are left out. */
export async function readAgentActivity(
  services: Services,
  actor: Actor,
): Promise<{ since: Date; agents: AgentActivity[] }> {
  authorise(actor, 'agent.read');
  const since = lastHourOf(services);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx.execute<Row>(sql`SELECT agent_id, (extract(epoch FROM minute - ${since.toISOString()}::text::timestamptz) / 60)::int AS minute,
        sum(succeeded)::int AS succeeded, sum(failed)::int AS failed, sum(lost)::int AS lost,
        sum(busy_ms)::float8 AS busy_ms, max(max_ms) AS max_ms
      FROM agent_performance WHERE org_id = (SELECT current_org())
        AND minute >= ${since.toISOString()}::text::timestamptz GROUP BY 1, 2`),
  );
  const byAgent = new Map<string, AgentActivity>();
  for (const row of rows) add(byAgent, row);
  return { since, agents: [...byAgent.values()] };
}

/** The same hour as sums, for those who judge agents by it. */
export async function readLastHour(services: Services, { orgId }: Actor): Promise<Map<AgentId, LastHour>> {
  const since = lastHourOf(services).toISOString();
  const rows = await inTenant(services.db, orgId, (tx) =>
    tx.execute<
      LastHour & Record<'agent_id', string> & Record<string, unknown>
    >(sql`SELECT agent_id, sum(succeeded)::int AS succeeded,
        sum(failed)::int AS failed, sum(lost)::int AS lost
      FROM agent_performance WHERE org_id = (SELECT current_org())
        AND minute >= ${since}::text::timestamptz GROUP BY 1`),
  );
  return new Map(rows.map(({ agent_id: id, ...hour }) => [fromUuid('agent', id), hour]));
}

/** Since when, by whole minutes: this one and those before it. */
const lastHourOf = ({ now }: Services): Date =>
  new Date((Math.floor(now() / MINUTE_MS) - ACTIVITY_MINUTES + 1) * MINUTE_MS);

function add(byAgent: Map<string, AgentActivity>, row: Row): void {
  const known = byAgent.get(row.agent_id) ?? {
    agentId: fromUuid('agent', row.agent_id),
    ended: new Array<number>(ACTIVITY_MINUTES).fill(0),
    ...{ succeeded: 0, failed: 0, lost: 0, busyMs: 0, longestMs: 0 },
  };
  byAgent.set(row.agent_id, known);
  // Minutes are those of the database; one that has just begun there falls into our last.
  const at = Math.min(Math.max(row.minute, 0), ACTIVITY_MINUTES - 1);
  known.ended[at] = (known.ended[at] ?? 0) + row.succeeded + row.failed + row.lost;
  known.succeeded += row.succeeded;
  known.failed += row.failed;
  known.lost += row.lost;
  known.busyMs += row.busy_ms;
  known.longestMs = Math.max(known.longestMs, row.max_ms);
}
