import type { ChannelModel } from 'amqplib';
import { expect, test } from 'vitest';
import { makeAmqpDepths } from './amqp-depths.ts';
import { makeTopology } from './topology.ts';

test('very many queues are read over a few channels at a time, and told in their order', async () => {
  let [open, most] = [0, 0];
  const model = {
    async createChannel() {
      open += 1;
      most = Math.max(most, open);
      return {
        on() {},
        async checkQueue(queue: string) {
          await new Promise(setImmediate);
          return { queue, messageCount: queue.endsWith('7.task') ? 1 : 0, consumerCount: 0 };
        },
        get: async () => false,
        async close() {
          open -= 1;
        },
      };
    },
  } as unknown as ChannelModel;
  const depths = makeAmqpDepths({
    ...{ topology: makeTopology(), model: () => model, now: () => 0, redeclare: async () => {} },
    ...{ unackedIn: () => 0, trafficOf: () => ({ published: 0, delivered: 0, returned: 0 }) },
  });
  const queues = Array.from({ length: 3000 }, (_, at) => `c${at}.task`);
  expect((await depths.read(queues)).map(({ queue }) => queue)).toEqual([...queues, 'mcp.dead-letters']);
  expect([...(await depths.readIdle(queues))]).toEqual(queues.filter((queue) => !queue.endsWith('7.task')));
  expect([open, most]).toEqual([0, 8]);
});
