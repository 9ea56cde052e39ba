import { describe, expect, test } from 'vitest';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { provideBrokerRig } from './broker-rig.ts';
import { countCalls } from './ledger.ts';
import { chain } from './random-graphs.ts';
import { until } from './until.ts';

const current = provideBrokerRig();
/** Sends no task again because it is slow: on a busy machine that would make the copies that a test counts. */
const PATIENT = { defaults: { redeliverMs: 600_000 } };

describe('a coordinator killed beside a broker', () => {
  test('F01 after a commit, before its message is sent, sends it at its next start', async () => {
    const { rig, agent, count, expectSent, engine: startEngine } = current();
    const first = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await expectSent();
    await first.killAt('before-publish');
    const order = await rig.order(chain(2));
    await rig.startOnce(first, order);
    await first.killed();
    expect(await countCalls(rig.sql, order.runId)).toBe(0);
    expect(await count('outbox')).toBe(1);

    const second = await startEngine(PATIENT);
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    // A copy is sent when the broker is slow to confirm, and then an agent may do the task twice.
    expect(await countCalls(rig.sql, order.runId)).toBeGreaterThanOrEqual(2);
    await expectSent();
    await rig.expectSound();
  });

  test('without its outbox the same message is lost: the task waits for one that never comes', async () => {
    const { rig, agent, expectSent, engine: startEngine } = current();
    const first = await startEngine(PATIENT);
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await expectSent();
    await first.killAt('before-publish');
    const order = await rig.order(chain(2));
    await rig.startOnce(first, order);
    await first.killed();
    await rig.sql`DELETE FROM outbox`;
    const second = await startEngine(PATIENT);
    // What comes after it through the same queue is done, and it is not.
    expect(await rig.ended(await rig.start(second, chain(3)))).toBe('succeeded');
    expect(await countCalls(rig.sql, order.runId)).toBe(0);
    expect(await rig.status(order.runId)).toBe('running');
    await rig.expectSound();
  });

  test('F02 after the broker has its message, before the outbox knows: sent twice, counted once', async () => {
    const { rig, agent, expectSent, engine: startEngine } = current();
    const first = await startEngine();
    await agent.start();
    await rig.ended(await rig.start(first, chain(1)));
    await expectSent();
    await first.killAt('after-publish');
    const order = await rig.order(chain(2));
    await rig.startOnce(first, order);
    await first.killed();
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

  test('F04 with an answer in hand that is not committed: it comes again, and counts once', async () => {
    const { rig, agent, count, engine: startEngine } = current();
    const first = await startEngine(PATIENT);
    await agent.start();
    const slow = { key: 's0', type: 'sleep', config: { ms: 150 } };
    const runId = await rig.start(first, {
      stages: [slow, { key: 's1', type: 'ledger' }],
      dependencies: [{ from: 's0', to: 's1' }],
    });
    await first.killAt('before-commit');
    await first.killed();
    await startEngine(PATIENT);
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await countCalls(rig.sql, runId)).toBe(1);
    expect(await count('late_answers')).toBe(0);
    await rig.expectSound();
  });

  test.each([
    ['F05 with an answer committed and not acknowledged: its copy is known, and nothing is written of it', 0],
    ['without its inbox the same copy is taken for a late answer of another hand-out', 1],
  ])('%s', async (_, late) => {
    const { rig, agent, broker, count, engine: startEngine } = current();
    const first = await startEngine(PATIENT);
    await agent.start();
    const failing = { key: 'only', type: 'fail', retry: { maxAttempts: 2, initialSeconds: 0.05 } };
    await rig.ended(await rig.start(first, chain(1)));
    await first.holdAt('before-ack');
    const runId = await rig.start(first, { stages: [failing] });
    // Both attempts' answers are durable by then, and the broker has heard of neither.
    expect(await rig.ended(runId)).toBe('failed');
    await first.kill();
    if (late > 0) await rig.sql`DELETE FROM inbox`;
    const second = await startEngine(PATIENT);
    await until('all answers to be acknowledged', async () => {
      const responses = (await broker.depths()).find((depth) => depth.queue === RESPONSE_QUEUE);
      return responses?.messages === 0 && responses.consumers > 0;
    });
    // What is asked after it is answered after it.
    await rig.ended(await rig.start(second, chain(1)));
    if (late > 0) await until('the copy to be heard', async () => (await count('late_answers')) > 0);
    expect((await count('late_answers')) > 0).toBe(late > 0);
    expect(await rig.tasks(runId)).toMatchObject([{ status: 'failed', epoch: 2, attempt: 2 }]);
    await rig.expectSound();
  });
});
