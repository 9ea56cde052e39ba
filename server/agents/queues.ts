import type { Broker } from '#server/broker/port.ts';
import { agentControlKey, queuesOfTenant, type TenantQueues } from '#server/broker/topology.ts';
import type { AgentId, OrgId } from '#server/domain/ids.ts';
import { type ControlMessage, MESSAGE_VERSION } from '#server/domain/messages.ts';
import type { QueueNames, Transport } from '#server/domain/routing.ts';
import type { FleetEntry } from './dispatcher.ts';

const SHARED = { amqp: 'capability', pull: 'pull' } as const;
const OWN = { amqp: 'agent', pull: 'ownPull' } as const;

export function queueNamesFor(orgId: OrgId): QueueNames {
  const queues: TenantQueues = queuesOfTenant(orgId);
  return {
    shared: (transport, capability) => queues[SHARED[transport]](capability),
    own: (transport, agent) => queues[OWN[transport]](agent),
  };
}

const takesFromQueue = (transport: Transport): transport is keyof typeof SHARED => transport in SHARED;

/** All queues that an agent looks into. */
export function queuesOfAgent({
  orgId,
  transport,
  id,
  capabilities,
}: Pick<FleetEntry, 'orgId' | 'transport' | 'id' | 'capabilities'>): string[] {
  if (!takesFromQueue(transport)) return [];
  const names = queueNamesFor(orgId);
  return [
    names.own(transport, id),
    ...[...capabilities].map((capability) => names.shared(transport, capability)),
  ];
}

/** Those that nobody else looks into: with their agent they are of no use. */
export const ownQueuesOf = (entries: readonly FleetEntry[]): Set<string> =>
  new Set(
    entries.flatMap(({ orgId, transport, id }) =>
      takesFromQueue(transport) ? [queueNamesFor(orgId).own(transport, id)] : [],
    ),
  );

/** All queues that these agents look into: a process notices the emptiness only of queues that it has named. */
export const queuesOf = (entries: readonly FleetEntry[]): Set<string> =>
  new Set(entries.flatMap(queuesOfAgent));

/** Orders to an agent that listens on the broker. */
export type Control = (agent: AgentId, message: Omit<ControlMessage, 'version'>) => void;

export function createControl(broker: Broker): Control {
  return (agent, message) =>
    broker.publishEvent(agentControlKey(agent), JSON.stringify({ version: MESSAGE_VERSION, ...message }));
}
