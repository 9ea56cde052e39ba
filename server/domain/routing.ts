import type { Routing } from './engine/events.ts';
import type { Offer, Placement } from './engine/happenings.ts';
import type { Stage } from './graph/schema.ts';
import type { AgentId } from './ids.ts';

/** What people ordered and beats show, in one word. Only `online` and `busy` agents are given new work. */
export const AGENT_STATES = [
  'online',
  'busy',
  'draining',
  'paused',
  'stale',
  'offline',
  'quarantined',
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** Whether it is there, apart from how much it has to do. */
export type AgentPresence = Exclude<AgentState, 'busy'>;
export const presenceOf = (state: AgentState): AgentPresence => (state === 'busy' ? 'online' : state);

/** It is given new work. */
export const isServing = (state: AgentState): boolean => presenceOf(state) === 'online';

export const TRANSPORTS = ['local', 'amqp', 'push', 'pull'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** An agent as the routing sees it. */
export interface AgentView {
  id: AgentId;
  name: string;
  transport: Transport;
  capabilities: ReadonlySet<string>;
  labels: ReadonlySet<string>;
  state: AgentState;
  inFlight: number;
  /** Tasks that were put into its own queue and have not ended. */
  inLine: number;
  maxConcurrency: number;
  /** Share of recent attempts that failed, 0 to 1. */
  failureShare: number;
  /** Mean of recent attempts; null when there are none. */
  latencyMs: number | null;
}

export interface QueueNames {
  /** Where every agent of a transport that takes by itself looks for this capability. */
  shared(transport: 'amqp' | 'pull', capability: string): string;
  /** Where only this agent looks. */
  own(transport: 'amqp' | 'pull', agent: AgentId): string;
}

/** Agents that would do but for their state; a person who waits wants to know which. */
const MAX_BLOCKERS = 5;
const MAX_REJECTED = 8;

function namesOf(agents: readonly AgentView[]): { blockers: string[]; ids: string[] } {
  const some = agents.slice(0, MAX_BLOCKERS);
  return { blockers: some.map(({ name }) => name), ids: some.map(({ id }) => id) };
}

/**
 * Who gets the task. Required labels and capabilities decide who may; preferred ones, load, failures and speed who
 * is best. Agents that take work from a queue are chosen as a group, as the broker knows best who is free.
 */
// biome-ignore lint/complexity/useMaxParams: what is placed (stage, offer) and where (agents, queues), at every hand-out.
export function routeTask(
  stage: Stage,
  offer: Offer,
  agents: readonly AgentView[],
  queues: QueueNames,
): Placement {
  const rejected: { agent: string; reason: string }[] = [];
  const able: AgentView[] = [];
  for (const agent of agents) {
    const reason = whyNotAble(stage, agent);
    if (reason === null) able.push(agent);
    else if (rejected.length < MAX_REJECTED) rejected.push({ agent: agent.name, reason });
  }
  const fit = able.filter((agent) => isServing(agent.state));
  if (fit.length === 0) {
    const blocking = able.length > 0 ? namesOf(able) : { blockers: [stage.type] };
    return { kind: 'wait', wait: { code: 'no-agent', ...blocking } };
  }
  for (const { name, state } of able) {
    if (!isServing(state) && rejected.length < MAX_REJECTED) rejected.push({ agent: name, reason: state });
  }
  const free = fit.filter((agent) => takesFromQueue(agent) || agent.inFlight < agent.maxConcurrency);
  const best = pickBest(stage, offer, free);
  if (!best) return { kind: 'wait', wait: { code: 'agents-full', ...namesOf(fit) } };
  const isShared = takesFromQueue(best) && isForAnybody(stage);
  const others = isShared ? fit.filter(({ transport }) => transport !== best.transport) : fit;
  for (const agent of others) {
    if (agent === best || rejected.length >= MAX_REJECTED) continue;
    rejected.push({ agent: agent.name, reason: free.includes(agent) ? 'scored lower' : 'full' });
  }
  const reason = isShared
    ? `whoever of ${fit.length - others.length} is free first`
    : `best of ${free.length}: ${best.inFlight + best.inLine}/${best.maxConcurrency} busy`;
  const isPlain = rejected.length === 0 && fit.length === 1;
  const routing: { routing?: Routing } = isPlain
    ? {}
    : { routing: { reason, ...(rejected.length > 0 ? { rejected } : {}) } };
  if (!takesFromQueue(best)) return { kind: 'start', agent: best.id, ...routing };
  if (isShared) return { kind: 'queue', queue: queues.shared(best.transport, stage.type), ...routing };
  return { kind: 'queue', queue: queues.own(best.transport, best.id), agent: best.id, ...routing };
}

/** Whether some agent that may take the stage, and takes new work, looks into this queue. */
export function isServed(
  stage: Stage,
  queue: string,
  { agents, queues }: { agents: readonly AgentView[]; queues: QueueNames },
): boolean {
  return agents.some(
    (agent) =>
      takesFromQueue(agent) &&
      isServing(agent.state) &&
      whyNotAble(stage, agent) === null &&
      (queue === queues.shared(agent.transport, stage.type) ||
        queue === queues.own(agent.transport, agent.id)),
  );
}

/** Agents of these help themselves; to others the engine gives. */
export const isByQueue = (transport: Transport): transport is 'amqp' | 'pull' =>
  transport === 'amqp' || transport === 'pull';

const takesFromQueue = (agent: AgentView): agent is AgentView & { transport: 'amqp' | 'pull' } =>
  isByQueue(agent.transport);

/** Why the agent may not take the stage, whatever it does just now; null when it may. */
export function whyNotAble(
  { type, agent: selector }: Stage,
  agent: Pick<AgentView, 'name' | 'capabilities' | 'labels'>,
): string | null {
  if (selector.pinned !== undefined && selector.pinned !== agent.name) return 'another agent is pinned';
  if (!agent.capabilities.has(type)) return `does not offer ${type}`;
  const capability = selector.requireCapabilities.find((name) => !agent.capabilities.has(name));
  if (capability !== undefined) return `does not offer ${capability}`;
  const label = selector.requireLabels.find((name) => !agent.labels.has(name));
  if (label !== undefined) return `has no label ${label}`;
  return null;
}

/** Everybody of a transport would do: the queue that they share. Else it is for the chosen one alone. */
function isForAnybody({ agent }: Stage): boolean {
  const { pinned, requireCapabilities, requireLabels, prefer } = agent;
  return pinned === undefined && requireCapabilities.length + requireLabels.length + prefer.length === 0;
}

function pickBest(stage: Stage, offer: Offer, agents: readonly AgentView[]): AgentView | undefined {
  let best: AgentView | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const agent of agents) {
    const score = scoreAgent(stage, offer, agent);
    if (score > bestScore) {
      best = agent;
      bestScore = score;
    }
  }
  return best;
}

/** Preferences count in whole points; load, failures and speed break ties among those that are equally wanted. */
function scoreAgent({ agent: selector }: Stage, offer: Offer, agent: AgentView): number {
  let score = 0;
  for (const wish of selector.prefer) {
    const has =
      (wish.label !== undefined && agent.labels.has(wish.label)) ||
      (wish.capability !== undefined && agent.capabilities.has(wish.capability));
    if (has) score += wish.weight;
  }
  score -= 0.5 * ((agent.inFlight + agent.inLine) / agent.maxConcurrency);
  score -= 0.5 * agent.failureShare;
  if (agent.latencyMs !== null) score -= 0.1 * Math.min(agent.latencyMs / 60_000, 1);
  if (offer.lastAgent === agent.id) score -= 1;
  return score;
}
