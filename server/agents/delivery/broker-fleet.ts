import type { Sql } from '#db/client.ts';
import type { Broker } from '#server/broker/port.ts';
import type { OrgId } from '#server/domain/ids.ts';
import { measureJson } from '#server/domain/json.ts';
import { PAYLOAD_NAME } from '#server/domain/payload-ref.ts';
import { AgentFailure, type AgentHandler, type BuiltinAgent } from '../agent.ts';
import { createOpenOrgs } from '../open-orgs.ts';
import { MAX_PAYLOAD_DEPTH } from '../payload-expander.ts';
import type { Payloads } from '../payloads.ts';
import { queuesOfAgent } from '../queues.ts';
import { type AgentSystem, DEFAULT_BEAT_MS, ORGS_MS } from '../system.ts';
import { type AmqpAgent, type AmqpAgentOptions, createAmqpAgent } from './amqp-agent.ts';

export interface BrokerFleetOptions {
  broker: Broker;
  sql: Sql;
  system: Pick<AgentSystem, 'registry'>;
  instance: string;
  payloads: Pick<Payloads, 'artefactsOf' | 'inlineMaxBytes' | 'maxBytes'>;
  members: readonly BuiltinAgent[];
  newUuid(): string;
  onTrouble(message: string, error?: unknown): void;
}

/** The built-in agents of this process where there is a broker. */
export interface BrokerFleet {
  start(): Promise<void>;
  drain(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * They work over the broker like anybody's, in every organisation that is open: queues are a tenant's own, so each organisation has agents
 * of its own, which share their handlers and what those work with.
 */
export function createBrokerFleet(options: BrokerFleetOptions): BrokerFleet {
  const byOrg = new Map<OrgId, AmqpAgent[]>();
  const all = (): AmqpAgent[] => [...byOrg.values()].flat();
  const { registry } = options.system;

  /** Whoever has the database registers there: a hello over the broker says nothing of an organisation. */
  const joinIn =
    (orgId: OrgId): AmqpAgentOptions['join'] =>
    async (registration) => {
      const { id: agentId, generation } = await registry.register(orgId, registration);
      const capabilities = new Set(registration.capabilities.map(({ name }) => name));
      const queues = queuesOfAgent({ id: agentId, orgId, transport: 'amqp', capabilities });
      return { agentId, generation, beatEveryMs: DEFAULT_BEAT_MS, queues, stop: async () => undefined };
    };

  function makeAgent(orgId: OrgId, member: BuiltinAgent): AmqpAgent {
    const { name, version, capabilities, maxConcurrency, handle } = member;
    return createAmqpAgent({
      ...{ broker: options.broker, orgId, newMessageId: options.newUuid, onTrouble: options.onTrouble },
      registration: {
        ...{ name, instance: options.instance, version, type: 'builtin' },
        capabilities: capabilities.map((capability) => ({ name: capability, version })),
        max_concurrency: maxConcurrency,
      },
      join: joinIn(orgId),
      handle: withSmallOutput(handle, options.payloads),
      artefactsOf: options.payloads.artefactsOf,
    });
  }

  async function leave(orgId: OrgId): Promise<void> {
    for (const agent of byOrg.get(orgId) ?? []) {
      await agent.stop();
      const id = agent.id();
      if (id) await registry.deregister(orgId, id);
    }
    byOrg.delete(orgId);
  }

  const orgs = createOpenOrgs({
    ...{ sql: options.sql, everyMs: ORGS_MS, onTrouble: options.onTrouble, onClosed: leave },
    async onOpened(orgId) {
      const agents = options.members.map((member) => makeAgent(orgId, member));
      byOrg.set(orgId, agents);
      const joined = await Promise.allSettled(agents.map((agent) => agent.start()));
      const failed = joined.find((each) => each.status === 'rejected');
      if (!failed) return;
      // All or none of them: the next look begins anew.
      await Promise.all(agents.map((agent) => agent.stop()));
      byOrg.delete(orgId);
      throw failed.reason;
    },
  });

  return {
    start: orgs.start,
    async drain(withinMs) {
      await orgs.stop();
      await Promise.all(all().map((agent) => agent.drain(withinMs)));
    },
    async stop() {
      await orgs.stop();
      await Promise.all(all().map((agent) => agent.stop()));
    },
  };
}

/** Our own agents have the object store at hand: what they come to need not go through the broker. */
function withSmallOutput(
  handle: AgentHandler,
  { inlineMaxBytes, maxBytes }: BrokerFleetOptions['payloads'],
): AgentHandler {
  return async (assignment, context) => {
    const output = (await handle(assignment, context)) ?? null;
    const measured = measureJson(output, { maxBytes, maxDepth: MAX_PAYLOAD_DEPTH });
    if (!measured.ok) throw new AgentFailure('invalid-output', 'OUTPUT_REFUSED', measured.problem.message);
    if (measured.bytes <= inlineMaxBytes) return output;
    const content = Buffer.from(JSON.stringify(output));
    return {
      ...(await context.objects.put(content, { contentType: 'application/json', name: PAYLOAD_NAME })),
    };
  };
}
