import { randomUUID } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import { type AmqpAgent, createAmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import type { Broker } from '#server/broker/port.ts';
import { createScriptedAgents } from './scripted-agents.ts';

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('this test has no object store')),
  get: () => Promise.reject(new Error('this test has no object store')),
};

/** An agent that takes its work from queues, apart from every engine. */
export function createScriptedAmqpAgent(
  broker: Broker,
  service: Sql,
  about: { name: string; capacity?: number; onTrouble?(message: string): void },
): AmqpAgent {
  const agents = createScriptedAgents(service);
  return createAmqpAgent({
    broker,
    registration: {
      name: about.name,
      instance: about.name,
      capabilities: ['ledger', 'echo', 'sleep', 'gate', 'fail'].map((name) => ({ name })),
      max_concurrency: about.capacity ?? 50,
    },
    async handle(assignment, context) {
      const handler = agents[assignment.capability];
      if (!handler) throw new Error(`nobody here can do ${assignment.capability}`);
      return handler(assignment, context);
    },
    artefactsOf: () => NO_OBJECTS,
    newMessageId: randomUUID,
    beatMs: 200,
    onTrouble: (message) => about.onTrouble?.(message),
  });
}

const NOTHING = { pause: async () => undefined, resume: async () => undefined, stop: async () => undefined };

/** An agent that is there, and takes nothing: what is sent stays in the queues. */
export function createIdleAmqpAgent(broker: Broker, service: Sql): AmqpAgent {
  return createScriptedAmqpAgent({ ...broker, consume: async () => NOTHING }, service, { name: 'idle' });
}
