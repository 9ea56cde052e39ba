import type { Sql } from '#db/client.ts';
import type { AgentCapability, AgentEndpoints } from '#server/domain/agent-registration.ts';
import { type AgentId, fromUuid, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { AgentState, Transport } from '#server/domain/routing.ts';

/** What people, or the breaker, have ordered. Null: it serves. */
export const ORDERED_STATES = ['draining', 'paused', 'quarantined'] as const;
export type OrderedState = (typeof ORDERED_STATES)[number];

/** Present while it was the breaker, and no person, that quarantined the agent. */
export interface BreakerRecord {
  /** How often in a row; each time it rests twice as long. */
  trips: number;
  /** When it may be tried with one task. */
  probeAt: number;
}

export interface AgentRecord {
  id: AgentId;
  orgId: OrgId;
  name: string;
  instance: string;
  generation: number;
  type: string;
  transport: Transport;
  version: string;
  capabilities: readonly AgentCapability[];
  labels: readonly string[];
  endpoints: AgentEndpoints | null;
  resources: JsonObject;
  maxConcurrency: number;
  ordered: OrderedState | null;
  orderedReason: string | null;
  orderedAt: number | null;
  registeredAt: number;
  /** As last written: state words change here, beats do not. */
  health: {
    state: AgentState;
    since: number;
    lastBeatAt: number | null;
    breaker: BreakerRecord | null;
  } | null;
}

/**
 * One of the program's own: called within the process or, with RabbitMQ, over the broker. Whoever has the broker's
 * account could claim it there, and would gain no more than to be spared by the breaker; what an agent at another door
 * calls itself proves nothing.
 */
export function isBuiltin({ type, transport }: Pick<AgentRecord, 'type' | 'transport'>): boolean {
  return transport === 'local' || (transport === 'amqp' && type === 'builtin');
}

interface Row {
  id: string;
  org_id: string;
  name: string;
  instance: string;
  generation: number;
  type: string;
  transport: Transport;
  version: string;
  capabilities: AgentCapability[];
  labels: string[];
  endpoints: AgentEndpoints | null;
  resources: JsonObject | null;
  max_concurrency: number;
  ordered: OrderedState | null;
  ordered_reason: string | null;
  ordered_at: number | null;
  registered_at: number;
  state: AgentState | null;
  since: number | null;
  last_beat_at: number | null;
  breaker: BreakerRecord | null;
}

/** Every agent, or those with these ids. There are at most MAX_AGENTS. */
export async function readAgents(sql: Sql, ids?: readonly AgentId[]): Promise<AgentRecord[]> {
  const only = ids === undefined ? null : `{${ids.map(toUuid).join(',')}}`;
  const rows = await sql<Row[]>`
    SELECT a.id, a.org_id, a.name, a.instance, a.generation, a.type, a.transport, a.version, a.capabilities,
      array_to_json(a.labels) AS labels, a.endpoints, a.resources, a.max_concurrency, a.ordered, a.ordered_reason,
      (extract(epoch FROM a.ordered_at) * 1000)::float8 AS ordered_at,
      (extract(epoch FROM a.registered_at) * 1000)::float8 AS registered_at,
      h.state, (extract(epoch FROM h.since) * 1000)::float8 AS since,
      (extract(epoch FROM h.last_beat_at) * 1000)::float8 AS last_beat_at, h.detail -> 'breaker' AS breaker
    FROM agents a LEFT JOIN agent_health h ON h.agent_id = a.id
    WHERE ${only}::text IS NULL OR a.id = ANY (${only}::text::uuid[])
    ORDER BY a.name, a.instance, a.id`;
  return rows.map(toRecord);
}

function toRecord(row: Row): AgentRecord {
  const health =
    row.state === null
      ? null
      : {
          state: row.state,
          since: row.since ?? 0,
          lastBeatAt: row.last_beat_at,
          breaker: row.breaker,
        };
  return {
    id: fromUuid('agent', row.id),
    orgId: fromUuid('org', row.org_id),
    name: row.name,
    instance: row.instance,
    generation: row.generation,
    type: row.type,
    transport: row.transport,
    version: row.version,
    capabilities: row.capabilities,
    labels: row.labels,
    endpoints: row.endpoints,
    resources: row.resources ?? {},
    maxConcurrency: row.max_concurrency,
    ordered: row.ordered,
    orderedReason: row.ordered_reason,
    orderedAt: row.ordered_at,
    registeredAt: row.registered_at,
    health,
  };
}
