import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { expect, test } from 'vitest';
import { makeAmqpEvents } from './amqp-events.ts';
import { makeTopology } from './topology.ts';

test('a channel that the broker closes each time is opened again after a pause, and never once nobody listens', async () => {
  let opened = 0;
  const model = {
    async createChannel() {
      opened += 1;
      const channel = new EventEmitter();
      const assertQueue = async () => {
        channel.emit('close');
        throw new Error('ACCESS_REFUSED');
      };
      return Object.assign(channel, { assertQueue, close: async () => {} });
    },
  } as unknown as ChannelModel;
  const troubles: string[] = [];
  const events = makeAmqpEvents({
    ...{ topology: makeTopology(), mayPublish: () => true, listenOn: () => model, random: () => 0.5 },
    onTrouble: ({ message }) => void troubles.push(message),
    onHandlerError: () => {},
  });
  const { stop } = await events.subscribeEvents('#', () => {});
  // Without a pause there would be a channel for each of these turns.
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  expect(opened).toBeLessThan(10);
  await expect.poll(() => opened).toBeGreaterThan(1);
  await stop();
  expect(troubles).toContain('ACCESS_REFUSED');
});
