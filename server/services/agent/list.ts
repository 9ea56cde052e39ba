import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { agentHealth, agents } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { PRESENCE_TTL_MS } from '#server/agents/system.ts';
import { AGENT_CONDITIONS, isFailing } from '#server/domain/agent-condition.ts';
import { type AgentId, fromUuid, toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { AGENT_STATES, type AgentState, TRANSPORTS, type Transport } from '#server/domain/routing.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { orderField, type Page, pageOf, wholePageFields } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { readLastHour } from './activity.ts';

export interface AgentListItem {
  id: AgentId;
  name: string;
  instance: string;
  type: string;
  transport: Transport;
  version: string;
  state: AgentState;
  /** Since when it is in this state. */
  since: Date;
  capabilities: string[];
  labels: string[];
  maxConcurrency: number;
  lastHeartbeatAt: Date | null;
  /** Share of its room that is taken, 0 to 1. */
  currentLoad: number;
  /** Tasks that it has in hand. */
  inFlight: number;
  orderedReason: string | null;
  orderedAt: Date | null;
  resources: JsonObject | null;
  registeredAt: Date;
}

export const AGENT_SORTS = ['name', 'status', 'load', 'heartbeat', 'registered'] as const;

const listSchema = z.strictObject({
  ...wholePageFields,
  states: z.array(z.enum(AGENT_CONDITIONS)).optional(),
  capability: z.string().max(128).optional(),
  label: z.string().max(128).optional(),
  transport: z.enum(TRANSPORTS).optional(),
  type: z.string().max(128).optional(),
  /** Part of its name. */
  search: z.string().max(128).optional(),
  sort: z.enum(AGENT_SORTS).default('name'),
  order: orderField.default('asc'),
});

/** What they are sorted by; whoever has never beaten comes first. */
const SORTED: Record<(typeof AGENT_SORTS)[number], (agent: AgentListItem) => string | number> = {
  name: ({ name, instance }) => JSON.stringify([name, instance]),
  status: ({ state }) => AGENT_STATES.indexOf(state),
  load: ({ currentLoad }) => currentLoad,
  heartbeat: ({ lastHeartbeatAt }) => lastHeartbeatAt?.getTime() ?? 0,
  registered: ({ registeredAt }) => registeredAt.getTime(),
};

/** State and load live in the hot state, so all are read and one page shown: there are no more than `MAX_AGENTS`. */
export async function listAgents(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<AgentListItem>> {
  authorise(actor, 'agent.read');
  const { states, capability, label, transport, type, search, sort, order, ...page } = parseInput(
    listSchema,
    input,
  );
  const agents = await loadAgents(services, actor);
  // Read for those who ask by it alone.
  const hours = states?.includes('failing') ? await readLastHour(services, actor) : undefined;
  const meant = agents.filter(
    (agent) =>
      (states === undefined ||
        states.includes(agent.state) ||
        isFailing(agent.state, hours?.get(agent.id))) &&
      (capability === undefined || agent.capabilities.includes(capability)) &&
      (label === undefined || agent.labels.includes(label)) &&
      (transport === undefined || agent.transport === transport) &&
      (type === undefined || agent.type === type) &&
      (search === undefined || agent.name.toLowerCase().includes(search.toLowerCase())),
  );
  const list = `agents ${sort} ${order}`;
  return pageOf(meant, { ...page, list, order, cursors: services.cursors }, (agent) => [
    SORTED[sort](agent),
    agent.id,
  ]);
}

export async function loadAgents(
  services: Pick<Services, 'db' | 'presence'>,
  { orgId }: Pick<Actor, 'orgId'>,
  id?: AgentId,
): Promise<AgentListItem[]> {
  // Beats live in the hot state; when that is away, the last written ones are shown.
  const present = new Map((await services.presence.list().catch(() => [])).map((beat) => [beat.id, beat]));
  const rows = await inTenant(services.db, orgId, (tx) => selectAgents(tx, id));
  return rows.map(({ agents: agent, agent_health: health }) => {
    const agentId = fromUuid('agent', agent.id);
    const beat = present.get(agentId);
    const inFlight = readInFlight(beat?.data) ?? 0;
    return {
      id: agentId,
      name: agent.name,
      instance: agent.instance,
      type: agent.type,
      transport: agent.transport,
      version: agent.version,
      state: stateOf(agent.ordered, health?.state),
      since: agent.orderedAt ?? health?.since ?? agent.registeredAt,
      capabilities: capabilityNames(agent.capabilities),
      labels: agent.labels,
      maxConcurrency: agent.maxConcurrency,
      lastHeartbeatAt: beat ? new Date(beat.expiresAt - PRESENCE_TTL_MS) : (health?.lastBeatAt ?? null),
      currentLoad: inFlight / Math.max(agent.maxConcurrency, 1),
      inFlight,
      orderedReason: agent.orderedReason,
      orderedAt: agent.orderedAt,
      resources: agent.resources,
      registeredAt: agent.registeredAt,
    };
  });
}

function selectAgents(tx: TenantTransaction, id: AgentId | undefined) {
  return tx
    .select()
    .from(agents)
    .leftJoin(agentHealth, eq(agentHealth.agentId, agents.id))
    .where(id === undefined ? undefined : eq(agents.id, toUuid(id)))
    .orderBy(asc(agents.name), asc(agents.instance));
}

/** An order counts as soon as it is given, before whoever watches has seen it; but whoever is gone obeys none. */
function stateOf(ordered: AgentState | null, seen: AgentState = 'offline'): AgentState {
  return ordered === null || seen === 'offline' ? seen : ordered;
}

function readInFlight(data: string | undefined): number | null {
  if (data === undefined) return null;
  try {
    const { in_flight: inFlight } = JSON.parse(data) as { in_flight?: unknown };
    return typeof inFlight === 'number' ? inFlight : null;
  } catch {
    return null;
  }
}

/** Kept as names with versions; older rows hold bare names. */
function capabilityNames(stored: Json): string[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((item) => {
    const name = isJsonObject(item) ? item.name : item;
    return typeof name === 'string' ? [name] : [];
  });
}
