import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { describeBrokerContract } from './contract.ts';
import { createRabbitmqBroker } from './rabbitmq.ts';

/** RABBITMQ_URL names the server; without it the file starts its own. */
let own: PrivateRabbitmq | undefined;
let url = process.env.RABBITMQ_URL ?? '';
beforeAll(async () => {
  if (url) return;
  own = await startPrivateRabbitmq();
  url = own.url;
});
afterAll(async () => own?.close());

describeBrokerContract('RabbitMQ', async () => {
  const namespace = `t${randomBytes(6).toString('hex')}`;
  const broker = createRabbitmqBroker({ url, namespace, maxRedeliveries: 3 });
  await broker.start();
  return { broker, maxRedeliveries: 3, close: () => broker.stop() };
});
