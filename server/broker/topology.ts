import { DEFAULT_ORG_ID, makeId, type OrgId, toUuid } from '#server/domain/ids.ts';

/**
 * Every exchange, queue, routing key and header name that we put on a broker. A queue's routing key on the
 * task exchange is its own name, so whoever knows the queue knows how to reach it.
 */
export const TASK_EXCHANGE = 'mcp.tasks';
export const EVENT_EXCHANGE = 'mcp.events';
export const DEAD_LETTER_EXCHANGE = 'mcp.dead-letters';
export const DEAD_LETTER_QUEUE = 'mcp.dead-letters';
export const RESPONSE_QUEUE = 'mcp.responses';

/** The five capabilities that every installation knows from its first start, with their traditional names. */
const QUEUE_OF_CAPABILITY: ReadonlyMap<string, string> = new Map([
  ['intent-analysis', 'intent.task'],
  ['embedding', 'embedding.task'],
  ['execution', 'executor.task'],
  ['moderation', 'moderator.task'],
  ['web-search', 'websearch.task'],
]);

/** Declared at start; any other queue is declared when it is first ensured. */
export const STANDING_QUEUES: readonly string[] = [...QUEUE_OF_CAPABILITY.values(), RESPONSE_QUEUE];

/**
 * Names that are somebody else's with `.task` behind them: those above, those of `pull` and `agent` below, and RabbitMQ's
 * own (`amq.`), which it refuses to anybody.
 */
const TRADITIONAL_QUEUES: ReadonlySet<string> = new Set(QUEUE_OF_CAPABILITY.values());
const RESERVED = /^(amq|agent|pull)\./;

/** No two capabilities share a queue: one whose plain name is taken has an @, which no capability holds. */
function queueOfCapability(capability: string): string {
  const plain = `${capability}.task`;
  const traditional = QUEUE_OF_CAPABILITY.get(capability);
  if (traditional !== undefined) return traditional;
  return TRADITIONAL_QUEUES.has(plain) || RESERVED.test(plain) ? `capability.@${plain}` : plain;
}

/** The names of one tenant's queues. */
export interface TenantQueues {
  /** Where any agent with this capability looks for work. */
  capability(capability: string): string;
  /** One agent alone, for work that is pinned to it. */
  agent(agentId: string): string;
  /**
   * Where agents claim from that take work over HTTP: all with the capability, or one alone. Capabilities hold no @, so
   * none is taken for an agent.
   */
  pull(capability: string): string;
  ownPull(agentId: string): string;
}

/**
 * The default tenant has the plain names, which are promised to the authors of agents; any other has its own in front,
 * so that no agent takes a stranger's work. Capabilities hold no @, so no plain name looks like a tenant's.
 */
export function queuesOfTenant(orgId: OrgId): TenantQueues {
  const own = orgId === DEFAULT_ORG_ID ? '' : `@${toUuid(orgId)}.`;
  return {
    capability: (capability) => `${own}${queueOfCapability(capability)}`,
    agent: (agentId) => `${own}agent.${agentId}.task`,
    pull: (capability) => `${own}pull.${capability}`,
    ownPull: (agentId) => `${own}pull.@${agentId}`,
  };
}

/** Whose a queue is, by its name. What serves the whole installation belongs to the default tenant. */
export function tenantOfQueue(queue: string): OrgId {
  const named = /^@([0-9a-f]{32})\./.exec(queue)?.[1];
  return named === undefined ? DEFAULT_ORG_ID : makeId('org', named);
}

/** Keys on the event exchange: orders to one agent, and the answer to its hello. */
export const agentControlKey = (agentId: string): string => `agents.control.${agentId}`;
export const agentWelcomeKey = (replyTo: string): string => `agents.welcome.${replyTo}`;

/** Priorities on the wire. A message without one counts as 0, below low. */
export const PRIORITY_LEVEL = { low: 1, medium: 2, high: 3 } as const;
export const MAX_PRIORITY_LEVEL = 3;

/** Announced on the event exchange when somebody throws a dead letter away. */
export const DISCARDED_EVENT = 'dead-letter.discarded';

export const HEADER = {
  redeliveries: 'x-redeliveries',
  publishedAt: 'x-published-at',
  deadId: 'x-dead-id',
  deadReason: 'x-dead-reason',
  deadQueue: 'x-dead-queue',
  deadAt: 'x-dead-at',
} as const;

export interface Topology {
  taskExchange: string;
  eventExchange: string;
  deadLetterExchange: string;
  deadLetterQueue: string;
  standingQueues: readonly string[];
  /** The name on the broker of a queue that the port names, and back. */
  wireQueue(queue: string): string;
  portQueue(wireName: string): string;
}

/** A namespace lets two installations (or two test files) share one virtual host; a virtual host each is better. */
export function makeTopology(namespace = ''): Topology {
  const prefix = namespace === '' ? '' : `${namespace}.`;
  return {
    taskExchange: prefix + TASK_EXCHANGE,
    eventExchange: prefix + EVENT_EXCHANGE,
    deadLetterExchange: prefix + DEAD_LETTER_EXCHANGE,
    deadLetterQueue: prefix + DEAD_LETTER_QUEUE,
    standingQueues: STANDING_QUEUES,
    wireQueue: (queue) => prefix + queue,
    portQueue: (wireName) => (wireName.startsWith(prefix) ? wireName.slice(prefix.length) : wireName),
  };
}
