import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { AmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '../private-rabbitmq.ts';
import type { EngineChild } from './engine-child.ts';
import type { BootOptions } from './protocol.ts';
import { createRig, type Rig } from './rig.ts';
import { createScriptedAmqpAgent } from './scripted-amqp-agent.ts';
import { until } from './until.ts';

/** For each test anew: a rig, names on the broker of its own, and an agent that takes its work from there. */
export interface BrokerRig {
  rig: Rig;
  broker: Broker;
  agent: AmqpAgent;
  agentId: AgentId;
  namespace: string;
  rabbitmq: { readonly url: string };
  engine(options?: Partial<BootOptions>): Promise<EngineChild>;
  count(table: 'outbox' | 'late_answers' | 'agents'): Promise<number>;
  /** Everything that was to be sent has been taken by the broker. */
  expectSent(): Promise<void>;
}

/** The rig of a test that may kill the broker, or set off its alarms. */
export interface BrokerFaultRig extends BrokerRig {
  rabbitmq: PrivateRabbitmq;
}

/** On a broker of the file's own, healed before each test. Registers the hooks; the rig may be read inside tests only. */
export function provideBrokerFaultRig(): () => BrokerFaultRig {
  let rabbitmq: PrivateRabbitmq;
  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq();
  });
  afterAll(() => rabbitmq.close());
  beforeEach(() => rabbitmq.heal());
  const current = provideRig(() => rabbitmq.url);
  return () => ({ ...current(), rabbitmq });
}

/** On the broker of the test run, of which each test uses its own names only: starting one takes seconds of CPU. */
export function provideBrokerRig(): () => BrokerRig {
  return provideRig(() => {
    const url = process.env.RABBITMQ_URL;
    if (!url) throw new Error('RABBITMQ_URL is not set: the test run provides a RabbitMQ.');
    return url;
  });
}

function provideRig(brokerUrl: () => string): () => BrokerRig {
  let current: BrokerRig;
  beforeEach(async () => {
    const url = brokerUrl();
    const rig = await createRig();
    const namespace = `f${randomBytes(4).toString('hex')}`;
    const broker = createRabbitmqBroker({ url, namespace });
    await broker.start();
    const agentId = rig.newAgentId();
    const count: BrokerRig['count'] = async (table) => {
      const [row] = await rig.sql<[{ count: number }]>`SELECT count(*)::int AS count FROM ${rig.sql(table)}`;
      return row.count;
    };
    current = {
      ...{ rig, broker, agentId, namespace, rabbitmq: { url }, count },
      agent: createScriptedAmqpAgent(broker, rig.sql, { name: 'worker' }),
      engine: (options = {}) => rig.engine({ agentId, rabbitmq: { url, namespace }, ...options }),
      expectSent: async () => {
        await until('the outbox to be empty', async () => (await count('outbox')) === 0);
      },
    };
  });
  afterEach(async () => {
    await current.agent.stop();
    await current.rig[Symbol.asyncDispose]();
    await current.broker.stop();
  });
  return () => current;
}
