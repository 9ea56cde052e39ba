import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { capabilityQueue, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '../private-rabbitmq.ts';
import { countCalls } from './ledger.ts';
import { chain } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';
import { createScriptedAmqpAgent } from './scripted-amqp-agent.ts';
import { until } from './until.ts';

let rabbitmq: PrivateRabbitmq;
let rig: Rig;
let broker: Broker;
let agent: AmqpAgent;
let agentId: AgentId;
let namespace: string;
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitmq();
}, 120_000);
afterAll(() => rabbitmq.close());
beforeEach(async () => {
  rig = await createRig();
  agentId = rig.newAgentId();
  namespace = `f${randomBytes(4).toString('hex')}`;
  broker = createRabbitmqBroker({ url: rabbitmq.url, namespace });
  await broker.start();
  agent = createScriptedAmqpAgent(broker, rig.sql, { name: 'worker' });
});
afterEach(async () => {
  await agent.stop();
  await rig[Symbol.asyncDispose]();
  await broker.stop();
});

const startEngine = (more = {}) =>
  rig.engine({ agentId, rabbitmq: { url: rabbitmq.url, namespace }, ...more });

async function outboxRows(): Promise<number> {
  const [row] = await rig.sql<[{ count: number }]>`SELECT count(*)::int AS count FROM outbox`;
  return row.count;
}

async function lateAnswers(): Promise<number> {
  const [row] = await rig.sql<[{ count: number }]>`SELECT count(*)::int AS count FROM late_answers`;
  return row.count;
}

async function expectSent(): Promise<void> {
  await until('the outbox to be empty', async () => (await outboxRows()) === 0);
}

describe('a coordinator killed beside a broker', () => {
  test('F01 after a commit, before its message is sent, sends it at its next start', async () => {
    const first = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await first.killAt('before-publish');
    const order = { versionId: await rig.version(chain(2)), key: 'F01', runId: rig.newRunId() };
    await rig.startOnce(first, order);
    await first.exited;
    expect(await countCalls(rig.sql, order.runId)).toBe(0);
    expect(await outboxRows()).toBe(1);

    const second = await startEngine({ defaults: { redeliverMs: 600_000 } });
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    expect(await countCalls(rig.sql, order.runId)).toBe(2);
    await expectSent();
    await rig.expectSound();
  });

  test('without its outbox the same message is lost: the task waits for one that never comes', async () => {
    const first = await startEngine({ defaults: { redeliverMs: 600_000 } });
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await first.killAt('before-publish');
    const order = { versionId: await rig.version(chain(2)), key: 'no outbox', runId: rig.newRunId() };
    await rig.startOnce(first, order);
    await first.exited;
    await rig.sql`DELETE FROM outbox`;
    const second = await startEngine({ defaults: { redeliverMs: 600_000 } });
    // What comes after it through the same queue is done, and it is not.
    expect(await rig.ended(await rig.start(second, chain(3)))).toBe('succeeded');
    expect(await countCalls(rig.sql, order.runId)).toBe(0);
    expect(await rig.status(order.runId)).toBe('running');
  });

  test('F02 after the broker has its message, before the outbox knows: sent twice, counted once', async () => {
    const first = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await first.killAt('after-publish');
    const order = { versionId: await rig.version(chain(2)), key: 'F02', runId: rig.newRunId() };
    await rig.startOnce(first, order);
    await first.exited;
    const second = await startEngine();
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    await expectSent();
    expect((await rig.tasks(order.runId)).map((task) => [task.epoch, task.attempt])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await rig.expectSound();
  });

  test.each(['F04 before-commit', 'F05 before-ack'])(
    '%s of an answer: it comes again, and counts once',
    async (title) => {
      const point = title === 'F04 before-commit' ? 'before-commit' : 'before-ack';
      const first = await startEngine();
      await agent.start();
      const slow = { key: 's0', type: 'sleep', config: { ms: 150 } };
      const runId = await rig.start(first, {
        stages: [slow, { key: 's1', type: 'ledger' }],
        dependencies: [{ from: 's0', to: 's1' }],
      });
      await first.killAt(point);
      await first.exited;
      const second = await startEngine();
      expect(await rig.ended(runId)).toBe('succeeded');
      expect(await countCalls(rig.sql, runId)).toBe(1);
      await until('the answers to be acknowledged', async () => {
        const depths = await broker.depths();
        const responses = depths.find((depth) => depth.queue === RESPONSE_QUEUE);
        return responses !== undefined && responses.messages === 0;
      });
      // A copy that is known is acknowledged, and nothing is written of it.
      expect(await lateAnswers()).toBe(0);
      expect(second.isAlive()).toBe(true);
      await rig.expectSound();
    },
  );
});

describe('a broker that fails', () => {
  test('F22 by a kill under load loses nothing: what was sent and what was not is all done', async () => {
    const engine = await startEngine();
    await agent.start();
    const runs = rig.startAll(engine, await rig.orders(60, 22));
    await rabbitmq.kill();
    await rabbitmq.start();
    await runs;
    await rig.allEnded(60_000);
    await expectSent();
    await rig.expectSound();
  }, 90_000);

  test('F24 by a queue that was deleted: it is declared again and the messages follow', async () => {
    const engine = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(engine, chain(1)));
    await rabbitmq.control('delete_queue', `${namespace}.${capabilityQueue('ledger')}`);
    expect(await rig.ended(await rig.start(engine, chain(3)))).toBe('succeeded');
    await expectSent();
    await rig.expectSound();
  });

  test('F26 by delivering each message twice and out of order ends as if it had not', async () => {
    const engine = await startEngine();
    const inHand: { queue: string; body: Uint8Array }[] = [];
    const copier = await broker.consume(capabilityQueue('ledger'), { prefetch: 100 }, (delivery) => {
      const { queue, body } = delivery;
      inHand.push({ queue, body });
      delivery.ack();
    });
    const graph = {
      stages: Array.from({ length: 20 }, (_, at) => ({ key: `s${at}`, type: 'ledger' })),
    };
    await agent.start();
    await until('the agent to be known', async () => (await rig.sql`SELECT FROM agents`).length > 0);
    const runId = await rig.start(engine, graph);
    await until('a message to be taken on its way', async () => inHand.length > 0);
    await copier.stop();
    const copies = [...inHand].reverse().flatMap((message) => [message, message, message]);
    await broker.publish(
      copies.map(({ queue, body }, at) => ({
        queue,
        body,
        messageId: `copy ${at}`,
        priority: 'medium' as const,
      })),
    );
    expect(await rig.ended(runId)).toBe('succeeded');
    expect((await rig.tasks(runId)).every((task) => task.epoch === 1 && task.attempt === 1)).toBe(true);
    await rig.expectSound();
  });

  test('F27 by carrying what nobody can read: it is set aside with its reason, and the rest flows', async () => {
    const engine = await startEngine();
    await agent.start();
    const poison = [
      '{broken',
      '{"version":99,"reports":[]}',
      '{"version":1,"agent_id":"agent_x","reports":[]}',
    ];
    await broker.publish(
      poison.map((body, at) => ({
        queue: RESPONSE_QUEUE,
        body,
        messageId: `bad ${at}`,
        priority: 'high' as const,
      })),
    );
    expect(await rig.ended(await rig.start(engine, chain(2)))).toBe('succeeded');
    const letters = await until('the letters to be set aside', async () => {
      const found = await broker.listDeadLetters(10);
      return found.length >= poison.length && found;
    });
    expect(letters.every((letter) => letter.reason.length > 10)).toBe(true);
    await rig.expectSound();
  });

  test('F29 by losing every message: they are sent again from Postgres', async () => {
    const engine = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(engine, chain(1)));
    await agent.drain(1000);
    await agent.stop();
    const runs = await rig.startAll(engine, await rig.orders(10, 29));
    await expectSent();
    for (const name of ['ledger', 'echo', 'sleep', 'fail'])
      await broker.purge(capabilityQueue(name)).catch(() => 0);
    agent = createScriptedAmqpAgent(broker, rig.sql, { name: 'worker' });
    await agent.start();
    expect(runs).toHaveLength(10);
    await rig.allEnded(60_000);
    await rig.expectSound();
  }, 90_000);
});
