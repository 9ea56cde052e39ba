import { connectDatabase } from '#db/client.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import type { AgentBoot, AgentReport, ToAgent } from './protocol.ts';
import { createScriptedAmqpAgent } from './scripted-amqp-agent.ts';

/** An agent in a process of its own. It takes its work from RabbitMQ, and its life from its parent. */
const troubles: string[] = [];
let agent: ReturnType<typeof createScriptedAmqpAgent> | null = null;

async function boot({ name, serviceUrl, rabbitmq, capacity }: AgentBoot): Promise<null> {
  const service = connectDatabase({ url: serviceUrl, applicationName: 'test-agent', max: 2 });
  const broker = createRabbitmqBroker({ ...rabbitmq, confirmTimeoutMs: 2000 });
  await broker.start();
  agent = createScriptedAmqpAgent(broker, service, {
    name,
    ...(capacity === undefined ? {} : { capacity }),
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  await agent.start();
  return null;
}

function report(): AgentReport {
  if (!agent) throw new Error('this agent process has not been told to begin');
  return { id: agent.id(), working: agent.working(), order: agent.order(), troubles };
}

async function obey(message: ToAgent): Promise<unknown> {
  switch (message.order) {
    case 'boot':
      return boot(message.ask);
    case 'state':
      return report();
    case 'drain':
      await agent?.drain(message.ask.withinMs);
      return report();
  }
}

process.on('message', (message: ToAgent) => {
  obey(message).then(
    (answer) => process.send?.({ type: 'answer', id: message.id, answer }),
    (error) => process.send?.({ type: 'refused', id: message.id, message: String(error) }),
  );
});
// The test that started it is gone.
process.on('disconnect', () => process.exit(1));
