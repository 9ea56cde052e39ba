import { randomBytes } from 'node:crypto';
import { describeBrokerContract } from './contract.ts';
import { createRabbitmqBroker } from './rabbitmq.ts';

const url = process.env.RABBITMQ_URL ?? '';

describeBrokerContract('RabbitMQ', async () => {
  const broker = createRabbitmqBroker({
    url,
    namespace: `t${randomBytes(6).toString('hex')}`,
    maxRedeliveries: 3,
  });
  await broker.start();
  return { broker, maxRedeliveries: 3, close: () => broker.stop() };
});
