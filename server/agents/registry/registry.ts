import type { Sql } from '#db/client.ts';
import { appendAudit } from '#db/queries/append-audit.ts';
import {
  type AgentRegistration,
  type AgentRegistrationInput,
  agentRegistrationSchema,
} from '#server/domain/agent-registration.ts';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { type AgentId, fromUuid, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { misfitsOf } from '#server/domain/misfit-words.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { Presence } from './presence.ts';
import { type AgentRecord, isBuiltin, type OrderedState, readAgents } from './records.ts';

export interface RegistryOptions {
  sql: Sql;
  hot: HotState;
  presence: Presence;
  /** A new id's body. */
  newUuid(): string;
  maxAgents: number;
}

export interface Registered {
  id: AgentId;
  orgId: OrgId;
  /** Send it with every beat: the older of two that have one name is told to stop. */
  generation: number;
  isNew: boolean;
}

/** What people have ordered, before somebody orders something else. */
export interface Ordered {
  state: OrderedState | null;
  reason: string | null;
}

/** `noteOf` is an entry for the audit, written in the commit of what it tells of. */
export interface Registry {
  /** Again with the same name and instance: the same agent, one generation later. */
  register(
    orgId: OrgId,
    registration: AgentRegistrationInput,
    noteOf?: (registered: Registered) => JsonObject,
  ): Promise<Registered>;
  /** Takes it off the list. With a generation: only if nobody has its name since. */
  deregister(orgId: OrgId, id: AgentId, generation?: number): Promise<boolean>;
  /** Null lets it serve again. */
  order(
    orgId: OrgId,
    id: AgentId,
    order: { state: OrderedState | null; reason: string; noteOf?: (before: Ordered) => JsonObject },
  ): Promise<AgentRecord>;
  get(orgId: OrgId, id: AgentId): Promise<AgentRecord>;
  list(orgId: OrgId): Promise<AgentRecord[]>;
  /** Takes off the list who has been offline for so long; says how many. */
  forgetOffline(forMs: number): Promise<number>;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { sql, hot, presence } = options;
  /** Everybody who keeps a picture of the fleet looks again. */
  const announce = (id: string): Promise<boolean> => hot.publish(CHANNEL.agents, id);

  async function get(orgId: OrgId, id: AgentId): Promise<AgentRecord> {
    const [record] = await readAgents(sql, [id]);
    if (!record || record.orgId !== orgId) throw notFound('agent', id);
    return record;
  }

  return {
    async register(orgId, given, noteOf) {
      const parsed = agentRegistrationSchema.safeParse(given);
      if (!parsed.success) {
        throw invalid(
          'The registration is malformed.',
          misfitsOf(parsed.error.issues),
          'Correct the fields named in details.',
        );
      }
      const registered = (await sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const written = await writeRegistration(tx, options, { orgId, agent: parsed.data });
        if (noteOf) await appendAudit(tx, toUuid(orgId), [noteOf(written)]);
        return written;
      })) as Registered;
      await presence.beat(registered.id, { generation: registered.generation, in_flight: 0 });
      await announce(registered.id);
      return registered;
    },
    async deregister(orgId, id, generation) {
      const rows = await sql`
        DELETE FROM agents WHERE id = ${toUuid(id)}::uuid AND org_id = ${toUuid(orgId)}::uuid
          AND (${generation ?? null}::int IS NULL OR generation = ${generation ?? null}::int) RETURNING id`;
      if (rows.length === 0) return false;
      await presence.leave(id);
      await announce(id);
      return true;
    },
    async order(orgId, id, { noteOf, ...wish }) {
      await sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const before = await writeOrder(tx, { orgId, id, ...wish });
        if (!before) throw notFound('agent', id);
        if (noteOf) await appendAudit(tx, toUuid(orgId), [noteOf(before)]);
      });
      await announce(id);
      return get(orgId, id);
    },
    get,
    list: async (orgId) => (await readAgents(sql)).filter((record) => record.orgId === orgId),
    async forgetOffline(forMs) {
      const rows = await sql<{ id: string }[]>`
        DELETE FROM agents a USING agent_health h WHERE h.agent_id = a.id AND h.state = 'offline'
          AND h.since < now() - ${forMs}::float8 * interval '1 ms' RETURNING a.id`;
      for (const { id } of rows) await presence.leave(fromUuid('agent', id));
      if (rows.length > 0) await announce('several');
      return rows.length;
    },
  };
}

interface RegisteredRow {
  id: string;
  generation: number;
}

/**
 * One registration at a time, so that two cannot pass the limit together. Who registers again has started again, which
 * ends a drain; a pause or a quarantine holds until it is lifted.
 */
async function writeRegistration(
  tx: Sql,
  { newUuid, maxAgents }: RegistryOptions,
  { orgId, agent }: { orgId: OrgId; agent: AgentRegistration },
): Promise<Registered> {
  await tx`SELECT pg_advisory_xact_lock(hashtext('signalbox agents'))`;
  const org = toUuid(orgId);
  const facts = JSON.stringify(agent);
  const [again] = await tx<RegisteredRow[]>`
    UPDATE agents a SET generation = a.generation + 1, registered_at = now(),
      ordered = nullif(a.ordered, 'draining'), ordered_reason = CASE a.ordered WHEN 'draining' THEN NULL ELSE a.ordered_reason END,
      type = f.type, transport = f.transport, version = f.version, capabilities = f.capabilities,
      labels = ARRAY(SELECT json_array_elements_text(f.labels)), endpoints = f.endpoints, resources = f.resources,
      max_concurrency = f.max_concurrency
    FROM json_to_record(${facts}::text::json) AS f (type text, transport text, version text, capabilities json,
      labels json, endpoints json, resources json, max_concurrency int)
    WHERE a.org_id = ${org}::uuid AND a.name = ${agent.name} AND a.instance = ${agent.instance}
    RETURNING a.id, a.generation`;
  if (again) return { id: fromUuid('agent', again.id), orgId, generation: again.generation, isNew: false };
  // Those that come with the program are there once for each organisation, and take nobody's place.
  const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
    SELECT count(*)::int AS count FROM agents WHERE NOT (transport = 'local' OR (transport = 'amqp' AND type = 'builtin'))`;
  if (count >= maxAgents && !isBuiltin(agent)) throw full(maxAgents);
  const [made] = await tx<RegisteredRow[]>`
    INSERT INTO agents (id, org_id, name, instance, type, transport, version, capabilities, labels, endpoints, resources,
      max_concurrency)
    SELECT ${newUuid()}::text::uuid, ${org}::uuid, ${agent.name}, ${agent.instance}, f.type, f.transport, f.version,
      f.capabilities, ARRAY(SELECT json_array_elements_text(f.labels)), f.endpoints, f.resources, f.max_concurrency
    FROM json_to_record(${facts}::text::json) AS f (type text, transport text, version text, capabilities json,
      labels json, endpoints json, resources json, max_concurrency int)
    RETURNING id, generation`;
  if (!made) throw new Error('the registration wrote no row');
  return { id: fromUuid('agent', made.id), orgId, generation: made.generation, isNew: true };
}

/** Undefined: there is no such agent. */
async function writeOrder(
  tx: Sql,
  { orgId, id, state, reason }: { orgId: OrgId; id: AgentId; state: OrderedState | null; reason: string },
): Promise<Ordered | undefined> {
  const why = state === null ? null : reason;
  // Its key stays as it is: whoever writes of its health refers to it, and has locked that row before.
  const [before] = await tx<Ordered[]>`SELECT ordered AS state, ordered_reason AS reason FROM agents
    WHERE id = ${toUuid(id)}::uuid AND org_id = ${toUuid(orgId)}::uuid FOR NO KEY UPDATE`;
  if (!before) return undefined;
  await tx`UPDATE agents SET ordered = ${state}, ordered_reason = ${why}::text,
    ordered_at = CASE WHEN ${state}::text IS NULL THEN NULL ELSE now() END WHERE id = ${toUuid(id)}::uuid`;
  await tx`UPDATE agent_health SET detail = NULL WHERE agent_id = ${toUuid(id)}::uuid`;
  return { state: before.state, reason: before.reason };
}

function full(maxAgents: number): SignalboxError {
  return new SignalboxError('LIMITED', `There are ${maxAgents} agents already, which is the limit.`, {
    advice: 'Deregister agents that are gone, or raise MAX_AGENTS.',
  });
}
