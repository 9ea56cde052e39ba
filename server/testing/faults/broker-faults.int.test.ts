import { connect } from 'amqplib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_MAX_REDELIVERIES } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { makeTopology, queuesOfTenant, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { DEFAULT_ORG_ID, type RunId } from '#server/domain/ids.ts';
import { startTcpProxy } from '../tcp-proxy.ts';
import { provideBrokerFaultRig } from './broker-rig.ts';
import { openGate } from './ledger.ts';
import { chain, createRandom } from './random-graphs.ts';
import type { Rig } from './rig.ts';
import { createIdleAmqpAgent, createScriptedAmqpAgent } from './scripted-amqp-agent.ts';
import { createUnrulyBroker } from './unruly-broker.ts';
import { until } from './until.ts';

const LEDGER_QUEUE = queuesOfTenant(DEFAULT_ORG_ID).capability('ledger');
const current = provideBrokerFaultRig();
/** Outages without a confirm: what one of them leaves behind would add up. */
const ROUNDS = 2;

/** All of a run that may not hang on how its messages travelled. */
const outcomeOf = async (rig: Rig, runId: RunId) =>
  (await rig.tasks(runId)).map(({ idx, status, epoch, attempt, losses }) => ({
    ...{ idx, status, epoch, attempt, losses },
  }));

async function openTasks(rig: Rig): Promise<number> {
  const [row] = await rig.sql<[{ count: number }]>`
    SELECT count(*)::int AS count FROM tasks WHERE status IN ('ready', 'queued', 'running', 'retrying')`;
  return row.count;
}

describe('a broker that fails', () => {
  test('F22 by a kill under load loses nothing: what was sent and what was not is all done', async () => {
    const { rig, agent, rabbitmq, expectSent, engine: startEngine } = current();
    const engine = await startEngine();
    await agent.start();
    const runs = rig.startAll(engine, await rig.orders(60, 22));
    await rabbitmq.kill();
    await rabbitmq.start();
    await runs;
    await rig.allEnded();
    await expectSent();
    await rig.expectSound();
  });

  test('F22 by a kill with ten thousand messages in it: what was accepted is started, and what was started ends', async () => {
    const { rig, agent, broker, rabbitmq, count, expectSent, engine: startEngine } = current();
    const many = 10_000;
    // Every task is a message of its own, and nothing is sent again but what the broker has not confirmed.
    const engine = await startEngine({ maxBatch: 1, defaults: { redeliverMs: 3_600_000 } });
    const idle = createIdleAmqpAgent(broker, rig.sql);
    await idle.start();
    await until('the agent to be known', async () => (await count('agents')) > 0);
    const versionId = await rig.version(chain(1));
    const replies = Promise.all(
      Array.from({ length: many }, () => engine.start({ versionId, input: null, runId: rig.newRunId() })),
    );
    const depth = async () => {
      const depths = await broker.depths();
      return depths.find((each) => each.queue === LEDGER_QUEUE)?.messages ?? 0;
    };
    await until('most of them to be queued', async () => (await depth()) > 0.8 * many, 500_000);
    await rabbitmq.kill();
    await rabbitmq.start();
    expect((await replies).filter((reply) => reply.ok)).toHaveLength(many);
    await until('all of them to be queued', async () => (await depth().catch(() => 0)) >= many, 500_000);
    await expectSent();
    // The work itself is done in batches again, by the next process.
    await engine.kill();
    await startEngine();
    await agent.start();
    await rig.allEnded(600_000);
    const [done] =
      await rig.sql`SELECT count(*)::int AS runs, count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
      (SELECT count(*)::int FROM ledger_effects) AS started,
      (SELECT count(*)::int FROM tasks WHERE epoch <> 1 OR losses <> 0) AS again FROM runs`;
    expect(done).toEqual({ runs: many, succeeded: many, started: many, again: 0 });
    await rig.expectSound();
    await idle.stop();
  }, 1_800_000);

  test('F24 by a queue that was deleted: it is declared again and the messages follow', async () => {
    const { rig, agent, namespace, rabbitmq, expectSent, engine: startEngine } = current();
    const engine = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(engine, chain(1)));
    await rabbitmq.control('delete_queue', `${namespace}.${LEDGER_QUEUE}`);
    expect(await rig.ended(await rig.start(engine, chain(3)))).toBe('succeeded');
    await expectSent();
    await rig.expectSound();
  });

  test('F24 by a queue that has lost its binding: what is returned stays in the outbox, and is sent when it can be', async () => {
    const { rig, agent, namespace, rabbitmq, count, expectSent, engine: startEngine } = current();
    const line = await startTcpProxy({ host: '127.0.0.1', port: rabbitmq.port });
    const url = `amqp://guest:guest@127.0.0.1:${line.port}`;
    // A message that was taken for sent and is not would be looked for in an hour only.
    const engine = await startEngine({
      rabbitmq: { url, namespace },
      defaults: { redeliverMs: 3_600_000 },
    });
    await agent.start();
    await rig.ended(await rig.start(engine, chain(1)));
    const returns = line.countAnswers('NO_ROUTE');
    const admin = await connect(rabbitmq.url);
    const channel = await admin.createChannel();
    const queue = `${namespace}.${LEDGER_QUEUE}`;
    const runs = Array.from({ length: 60 }, async (_, at) => {
      // Again and again in the middle of what is published: whoever mends it is undone.
      if (at % 10 === 0) await channel.unbindQueue(queue, makeTopology(namespace).taskExchange, queue);
      return rig.start(engine, chain(3));
    });
    for (const runId of await Promise.all(runs)) expect(await rig.ended(runId)).toBe('succeeded');
    await until('a message to have come back', async () => returns() > 0);
    await expectSent();
    expect(await count('outbox')).toBe(0);
    const [again] = await rig.sql`SELECT count(*)::int AS count FROM tasks WHERE epoch <> 1 OR losses <> 0`;
    expect(again).toEqual({ count: 0 });
    await rig.expectSound();
    await admin.close();
    await engine.kill();
    await line.close();
  });

  test('F26 by delivering every message one to five times and out of order ends as it does when it is calm', async () => {
    const { rig, broker, engine: startEngine } = current();
    const engine = await startEngine({ maxBatch: 3, defaults: { redeliverMs: 600_000 } });
    const orders = await rig.orders(40, 26);
    const again = orders.map(({ versionId }) => {
      const runId = rig.newRunId();
      return { versionId, runId, key: `again ${runId}` };
    });
    const calm = createScriptedAmqpAgent(broker, rig.sql, { name: 'calm' });
    await calm.start();
    await rig.startAll(engine, orders);
    await rig.allEnded();
    await calm.stop();

    const unrulyBroker = createUnrulyBroker(broker, createRandom(26));
    const unruly = createScriptedAmqpAgent(unrulyBroker, rig.sql, { name: 'unruly' });
    await unruly.start();
    await rig.startAll(engine, again);
    await rig.allEnded();
    const { messages, copies, overtakings } = unrulyBroker.seen();
    expect(copies).toBeGreaterThan(2 * messages);
    expect(overtakings).toBeGreaterThan(0);
    for (const [at, { runId }] of orders.entries()) {
      const twin = again[at]?.runId as RunId;
      expect(await rig.status(twin)).toBe(await rig.status(runId));
      expect(await outcomeOf(rig, twin)).toEqual(await outcomeOf(rig, runId));
    }
    await rig.expectSound();
    await unruly.stop();
  });

  test('F27 by carrying what nobody can read: it is set aside with its reason, and the rest flows', async () => {
    const { rig, agent, broker, engine: startEngine } = current();
    const engine = await startEngine();
    await agent.start();
    const poison = [
      '{broken',
      '{"version":99,"reports":[]}',
      '{"version":1,"agent_id":"agent_x","reports":[]}',
      `{"version":1,"agent_id":"${rig.newAgentId()}","reports":${'['.repeat(2000)}${']'.repeat(2000)}}`,
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
    // Sent again by a person it is no better, and still not lost.
    const [again] = letters;
    expect(await broker.replayDeadLetter(again?.id ?? '')).toBe(true);
    await until('it to be set aside anew', async () => {
      const found = await broker.listDeadLetters(10);
      return found.length >= poison.length && found.every(({ id }) => id !== again?.id);
    });
    expect(await rig.ended(await rig.start(engine, chain(2)))).toBe('succeeded');
    await rig.expectSound();
  });

  test.each(['its queue is emptied', 'its disk is wiped'])(
    'F29, I11: by losing every message, since %s: they are sent again from Postgres',
    async (how) => {
      const { rig, agent, broker, rabbitmq, count, expectSent, engine: startEngine } = current();
      const engine = await startEngine();
      const idle = createIdleAmqpAgent(broker, rig.sql);
      await idle.start();
      await until('the agent to be known', async () => (await count('agents')) > 0);
      const runs = await Promise.all(Array.from({ length: 10 }, () => rig.start(engine, chain(3))));
      await until('the messages to be in the queue', async () => {
        const depth = (await broker.depths()).find((each) => each.queue === LEDGER_QUEUE);
        return (depth?.messages ?? 0) > 0;
      });
      await expectSent();
      if (how.includes('wiped')) await rabbitmq.wipe();
      else expect(await broker.purge(LEDGER_QUEUE)).toBeGreaterThan(0);
      await agent.start();
      for (const runId of runs) expect(await rig.ended(runId)).toBe('succeeded');
      await expectSent();
      await rig.expectSound();
      await idle.stop();
    },
  );

  test.each(['stands still', 'is gone'])(
    'F15 a coordinator that %s for longer than a lease takes no task from an agent whose signs of life wait for it',
    async (how) => {
      const { rig, agent, engine: startEngine } = current();
      const leaseMs = 3000;
      let engine = await startEngine({ defaults: { leaseMs } });
      await agent.start();
      const runId = await rig.start(engine, { stages: [{ key: 'only', type: 'gate' }] });
      await until('the agent to have it', async () => (await rig.tasks(runId))[0]?.status === 'running');
      if (how === 'is gone') await engine.kill();
      else engine.freeze();
      await until('its lease to be over for as long again', async () => {
        const [row] =
          await rig.sql`SELECT FROM tasks WHERE due_at < now() - ${leaseMs}::int * interval '1 ms'`;
        return row;
      });
      if (how === 'is gone') engine = await startEngine({ defaults: { leaseMs } });
      else engine.thaw();
      await until('the lease to be renewed', async () => {
        const [row] = await rig.sql`SELECT FROM tasks WHERE due_at > now() OR losses > 0`;
        return row;
      });
      await openGate(rig.sql, runId);
      expect(await rig.ended(runId)).toBe('succeeded');
      expect(await rig.tasks(runId)).toMatchObject([{ epoch: 1, attempt: 1, losses: 0 }]);
      await rig.expectSound();
      await engine.kill();
    },
  );

  test('F25 by keeping its confirms to itself: messages are sent again, and copies count once', async () => {
    const { rig, agent, namespace, rabbitmq, count, expectSent, engine: startEngine } = current();
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: rabbitmq.port });
    // The connection that consumes publishes nothing: that it is silent is noticed by its heart alone, after two beats or three.
    const url = `amqp://guest:guest@127.0.0.1:${proxy.port}?heartbeat=5`;
    const engine = await startEngine({ rabbitmq: { url, namespace } });
    await agent.start();
    await rig.ended(await rig.start(engine, chain(1)));
    for (let round = 0; round < ROUNDS; round += 1) {
      // An agent that has not been heard for too long is given nothing, and nothing is sent: then once more.
      const waiting = await until(
        'messages to be without a confirm',
        async () => {
          proxy.swallowAnswers(true);
          await rig.startAll(engine, await rig.orders(20, 25 + round));
          const rows = await count('outbox');
          if (rows > 0) return rows;
          proxy.swallowAnswers(false);
          await rig.allEnded(180_000);
          return null;
        },
        240_000,
      );
      // What the process has on its way are rows: those that it has just sent, and those that it sends again.
      expect((await engine.state()).load.publishing).toBeLessThanOrEqual(2 * waiting);
      expect(waiting).toBeLessThanOrEqual(await openTasks(rig));
      // Nobody cuts the connection: the engine itself must give it up and make a new one.
      proxy.swallowAnswers(false);
      await rig.allEnded(180_000);
    }
    await expectSent();
    // Nothing of it is left in the process either.
    await until('all to have been sent', async () => (await engine.state()).load.publishing === 0);
    expect((await engine.state()).load).toMatchObject({ entries: 0, waiting: 0 });
    await rig.expectSound();
    await engine.kill();
    await proxy.close();
  });

  test('F28 by a consumer that dies with the message in hand, more often than a message may come back: the task is sent again and done', async () => {
    const { rig, agent, broker, count, rabbitmq, namespace, expectSent, engine: startEngine } = current();
    const engine = await startEngine();
    const idle = createIdleAmqpAgent(broker, rig.sql);
    await idle.start();
    await until('the agent to be known', async () => (await count('agents')) > 0);
    const runId = await rig.start(engine, chain(2));
    const line = await startTcpProxy({ host: '127.0.0.1', port: rabbitmq.port });
    const victim = createRabbitmqBroker({ url: `amqp://guest:guest@127.0.0.1:${line.port}`, namespace });
    await victim.start();
    // All that RabbitMQ sees of a consumer that was killed: a line that ends, and a message that nobody has acknowledged.
    let deaths = 0;
    const consumer = await victim.consume(LEDGER_QUEUE, { prefetch: 1 }, () => {
      deaths += 1;
      line.cut();
    });
    const letters = await until(
      'the message to be given up',
      async () => {
        const found = await broker.listDeadLetters(5);
        return found.length > 0 && found;
      },
      240_000,
    );
    expect(deaths).toBeGreaterThan(DEFAULT_MAX_REDELIVERIES);
    expect(letters).toMatchObject([{ queue: LEDGER_QUEUE, redeliveries: DEFAULT_MAX_REDELIVERIES }]);
    await consumer.stop();
    await victim.stop();
    await line.close();
    await agent.start();
    expect(await rig.ended(runId)).toBe('succeeded');
    await expectSent();
    await rig.expectSound();
    await idle.stop();
  }, 300_000);
});
