import type { Broker } from '#server/broker/port.ts';
import {
  agentControlKey,
  agentQueue,
  capabilityQueue,
  ownPullQueue,
  pullQueue,
} from '#server/broker/topology.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type ControlMessage, MESSAGE_VERSION } from '#server/domain/messages.ts';
import type { QueueNames, Transport } from '#server/domain/routing.ts';
import type { FleetEntry } from './dispatcher.ts';

const SHARED = { amqp: capabilityQueue, pull: pullQueue };
const OWN = { amqp: agentQueue, pull: ownPullQueue };

export const QUEUES: QueueNames = {
  shared: (transport, capability) => SHARED[transport](capability),
  own: (transport, agent) => OWN[transport](agent),
};

const takesFromQueue = (transport: Transport): transport is keyof typeof SHARED => transport in SHARED;

/** All queues that these agents look into: a process notices the emptiness only of queues that it has named. */
export function queuesOf(entries: readonly FleetEntry[]): Set<string> {
  const queues = new Set<string>();
  for (const { transport, id, capabilities } of entries) {
    if (!takesFromQueue(transport)) continue;
    queues.add(QUEUES.own(transport, id));
    for (const capability of capabilities) queues.add(QUEUES.shared(transport, capability));
  }
  return queues;
}

/** Orders to an agent that listens on the broker. */
export type Control = (agent: AgentId, message: Omit<ControlMessage, 'version'>) => void;

export function createControl(broker: Broker): Control {
  return (agent, message) =>
    broker.publishEvent(agentControlKey(agent), JSON.stringify({ version: MESSAGE_VERSION, ...message }));
}
