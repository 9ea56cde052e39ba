import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDeadLetters } from './contract-dead-letters.ts';
import {
  type BrokerHarness,
  collect,
  eventually,
  idsOf,
  message,
  QUEUE,
  textOf,
  type Use,
} from './contract-tools.ts';
import type { Priority, PublishOutcome } from './port.ts';
import { DEAD_LETTER_QUEUE, STANDING_QUEUES } from './topology.ts';

/** The promises of port.ts, held to every adapter alike. */
export function describeBrokerContract(name: string, makeHarness: () => Promise<BrokerHarness>): void {
  describe(`broker contract: ${name}`, { timeout: 180_000 }, () => {
    let harness: BrokerHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness.close();
    });
    const use = (): BrokerHarness => harness;
    describePublishing(use);
    describeConsuming(use);
    describeComingBack(use);
    describeDeadLetters(use);
    describeReading(use);
  });
}

function describePublishing(use: Use): void {
  it('delivers a message with its id, body, headers, priority and time', async () => {
    const { broker } = use();
    const headers = { tenant: 'org_1', attempt: 2, urgent: true };
    expect(await broker.publish([message('m1', { priority: 'high', headers })])).toEqual(['confirmed']);
    const { got } = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(got).toHaveLength(1));
    const delivery = got[0];
    expect(delivery).toMatchObject({ messageId: 'm1', queue: QUEUE, priority: 'high', redelivered: false });
    expect(delivery?.redeliveries).toBe(0);
    expect(delivery?.headers).toMatchObject(headers);
    expect(textOf(delivery?.body ?? new Uint8Array())).toBe('body of m1');
    expect(delivery?.receivedAt).toBeGreaterThanOrEqual(delivery?.publishedAt ?? Number.POSITIVE_INFINITY);
  });

  it('carries bytes that are no text unchanged', async () => {
    const { broker } = use();
    const body = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 256);
    await broker.publish([message('bytes', { body }), message('empty', { body: new Uint8Array() })]);
    const { got } = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(got).toHaveLength(2));
    expect(Buffer.compare(got[0]?.body ?? Buffer.alloc(0), body)).toBe(0);
    expect(got[1]?.body.byteLength).toBe(0);
  });

  it('answers for each message by itself, and finds a missing queue at the next try', async () => {
    const { broker } = use();
    const mixed = [message('a'), message('b', { queue: 'never-seen.task' }), message('c')];
    expect(await broker.publish(mixed)).toEqual(['confirmed', 'unroutable', 'confirmed']);
    await eventually(async () => {
      expect(await broker.publish([message('b', { queue: 'never-seen.task' })])).toEqual(['confirmed']);
    });
    expect(await broker.publish([])).toEqual([]);
  });

  it('reaches a queue that was ensured before', async () => {
    const { broker } = use();
    await broker.ensureQueue('translation.task');
    await broker.ensureQueue('translation.task');
    expect(await broker.publish([message('m', { queue: 'translation.task' })])).toEqual(['confirmed']);
  });

  it('carries ten thousand messages, each once', async () => {
    const { broker } = use();
    const { got } = await collect(broker, 500, (delivery) => delivery.ack());
    const outcomes: PublishOutcome[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const ids = Array.from({ length: 500 }, (_, i) => message(`m${batch * 500 + i}`));
      outcomes.push(...(await broker.publish(ids)));
    }
    expect(new Set(outcomes)).toEqual(new Set(['confirmed']));
    await eventually(() => expect(got.length).toBeGreaterThanOrEqual(10_000));
    expect(new Set(idsOf(got)).size).toBe(10_000);
    expect(got).toHaveLength(10_000);
  });
}

function describeConsuming(use: Use): void {
  it('hands out high before medium before low, and in order within each', async () => {
    const { broker } = use();
    const order: Priority[] = ['low', 'medium', 'high', 'low', 'medium', 'high'];
    await broker.publish(order.map((priority, i) => message(`${priority}-${i}`, { priority })));
    const { got } = await collect(broker, 1, (delivery) => delivery.ack());
    await eventually(() => expect(got).toHaveLength(6));
    expect(idsOf(got)).toEqual(['high-2', 'high-5', 'medium-1', 'medium-4', 'low-0', 'low-3']);
  });

  it('never has more in hand than the prefetch', async () => {
    const { broker } = use();
    await broker.publish(['a', 'b', 'c', 'd'].map((id) => message(id)));
    const { got } = await collect(broker, 2);
    await eventually(async () => {
      const depth = (await broker.depths()).find((entry) => entry.queue === QUEUE);
      expect(depth).toMatchObject({ messages: 2, unacked: 2, consumers: 1 });
    });
    expect(idsOf(got)).toEqual(['a', 'b']);
    got[0]?.ack();
    await eventually(() => expect(idsOf(got)).toEqual(['a', 'b', 'c']));
  });

  it('shares a queue among consumers, each message with one of them', async () => {
    const { broker } = use();
    const first = await collect(broker, 1, (delivery) => setImmediate(() => delivery.ack()));
    const second = await collect(broker, 1, (delivery) => setImmediate(() => delivery.ack()));
    await broker.publish(Array.from({ length: 50 }, (_, i) => message(`m${i}`)));
    await eventually(() => expect(first.got.length + second.got.length).toBe(50));
    expect(new Set([...idsOf(first.got), ...idsOf(second.got)]).size).toBe(50);
    expect(first.got.length).toBeGreaterThan(0);
    expect(second.got.length).toBeGreaterThan(0);
  });

  it('takes nothing while paused, lets what is in hand be settled, and goes on after', async () => {
    const { broker } = use();
    const { got, subscription } = await collect(broker, 10);
    await broker.publish([message('before')]);
    await eventually(() => expect(got).toHaveLength(1));
    await subscription.pause();
    got[0]?.ack();
    await broker.publish([message('during')]);
    await eventually(async () => {
      const depth = (await broker.depths()).find((entry) => entry.queue === QUEUE);
      expect(depth).toMatchObject({ messages: 1, unacked: 0, consumers: 0 });
    });
    expect(idsOf(got)).toEqual(['before']);
    await subscription.resume();
    await eventually(() => expect(idsOf(got)).toEqual(['before', 'during']));
  });

  it('lets anyone hear events by pattern', async () => {
    const { broker } = use();
    const heard: string[] = [];
    const note = (routingKey: string, body: Uint8Array) => heard.push(`${routingKey}=${textOf(body)}`);
    const runs = await broker.subscribeEvents('run.*.finished', note);
    broker.publishEvent('run.1.started', 'no');
    broker.publishEvent('run.1.finished', 'yes');
    await eventually(() => expect(heard).toEqual(['run.1.finished=yes']));
    await runs.stop();
    const all = await broker.subscribeEvents('#', note);
    broker.publishEvent('run.2.finished', 'once');
    await eventually(() => expect(heard).toEqual(['run.1.finished=yes', 'run.2.finished=once']));
    await all.stop();
  });
}

function describeComingBack(use: Use): void {
  it('gives what a stopped consumer held to the next one, marked as redelivered', async () => {
    const { broker } = use();
    await broker.publish([message('a'), message('b')]);
    const first = await collect(broker, 10);
    await eventually(() => expect(first.got).toHaveLength(2));
    first.got[0]?.ack();
    await first.subscription.stop();
    const second = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(idsOf(second.got)).toEqual(['b']));
    expect(second.got[0]).toMatchObject({ redelivered: true, redeliveries: 1 });
  });

  it('ignores what is decided twice, or after the consumer has stopped', async () => {
    const { broker } = use();
    await broker.publish([message('twice'), message('late')]);
    const { got, subscription } = await collect(broker, 10);
    await eventually(() => expect(got).toHaveLength(2));
    got[0]?.ack();
    got[0]?.retry();
    got[0]?.reject('too late');
    await subscription.stop();
    got[1]?.ack();
    const next = await collect(broker, 10, (delivery) => delivery.ack());
    await eventually(() => expect(idsOf(next.got)).toEqual(['late']));
    expect(await broker.listDeadLetters(10)).toEqual([]);
  });

  it('brings back a message that was given back, and counts how often', async () => {
    const { broker } = use();
    await broker.publish([message('again', { headers: { note: 'kept' }, priority: 'high' })]);
    const { got } = await collect(broker, 10, (delivery) => {
      if (delivery.redeliveries < 2) delivery.retry();
      else delivery.ack();
    });
    await eventually(() => expect(got.map((delivery) => delivery.redeliveries)).toEqual([0, 1, 2]));
    expect(got[2]).toMatchObject({ messageId: 'again', redelivered: true, priority: 'high' });
    expect(got[2]?.headers.note).toBe('kept');
  });

  it('sets a message aside that comes back too often, while the others flow', async () => {
    const { broker, maxRedeliveries } = use();
    await broker.publish([message('poison'), message('fine')]);
    const { got } = await collect(broker, 1, (delivery) => {
      if (delivery.messageId === 'poison') delivery.retry();
      else delivery.ack();
    });
    const [letter] = await eventually(async () => {
      const letters = await broker.listDeadLetters(10);
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(letter).toMatchObject({ messageId: 'poison', queue: QUEUE });
    expect(letter?.reason).toContain(`more than ${maxRedeliveries} times`);
    expect(idsOf(got)).toContain('fine');
    expect(got.filter((delivery) => delivery.messageId === 'poison')).toHaveLength(maxRedeliveries + 1);
  });

  it('sets a message aside that outlives too many consumers', async () => {
    const { broker, maxRedeliveries } = use();
    await broker.publish([message('killer')]);
    for (let crash = 0; crash <= maxRedeliveries; crash++) {
      const { got, subscription } = await collect(broker, 10);
      await eventually(() => expect(idsOf(got)).toEqual(['killer']));
      expect(got[0]?.redeliveries).toBe(crash);
      await subscription.stop();
    }
    const last = await collect(broker, 10);
    await eventually(async () => expect(await broker.listDeadLetters(10)).toHaveLength(1));
    expect(last.got).toEqual([]);
  });
}

function describeReading(use: Use): void {
  it('reads how deep each queue is, and how old its next message where it can tell', async () => {
    const { broker } = use();
    const before = Date.now();
    await broker.publish([message('a'), message('b')]);
    const depths = await eventually(async () => {
      const read = await broker.depths();
      expect(read.find((entry) => entry.queue === QUEUE)?.messages).toBe(2);
      return read;
    });
    const names = depths.map((entry) => entry.queue);
    expect(names).toEqual(expect.arrayContaining([...STANDING_QUEUES, DEAD_LETTER_QUEUE]));
    const busy = depths.find((entry) => entry.queue === QUEUE);
    expect(busy).toMatchObject({ consumers: 0, unacked: 0 });
    const age = busy?.oldestAgeMs ?? 0;
    expect([age >= 0, age <= Date.now() - before + 1]).toEqual([true, true]);
    expect(depths.find((entry) => entry.queue === 'intent.task')).toMatchObject({
      messages: 0,
      oldestAgeMs: null,
    });
  });

  it('tells which queues hold nothing, and disturbs none that hold something', async () => {
    const { broker } = use();
    await broker.publish([message('a'), message('b')]);
    await eventually(async () => expect((await broker.idleQueues()).has(QUEUE)).toBe(false));
    expect((await broker.idleQueues()).has('intent.task')).toBe(true);
    const { got } = await collect(broker, 1, (delivery) => delivery.ack());
    await eventually(() => expect(got).toHaveLength(2));
    expect(got.map(({ messageId, redeliveries }) => [messageId, redeliveries])).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    await eventually(async () => expect((await broker.idleQueues()).has(QUEUE)).toBe(true));
  });

  it('counts what passed through each queue of late, what came back apart', async () => {
    const { broker } = use();
    await broker.publish([message('once'), message('twice')]);
    const { got } = await collect(broker, 10, (delivery) => {
      if (delivery.messageId === 'twice' && delivery.redeliveries === 0) delivery.retry();
      else delivery.ack();
    });
    await eventually(() => expect(got).toHaveLength(3));
    const depths = await broker.depths();
    expect(depths.find((entry) => entry.queue === QUEUE)?.traffic).toEqual({
      ...{ published: 2, delivered: 3, returned: 1 },
    });
    expect(depths.find((entry) => entry.queue === 'intent.task')?.traffic).toEqual({
      ...{ published: 0, delivered: 0, returned: 0 },
    });
  });

  it('forgets a queue that is of no use any more, and none that holds something or is read', async () => {
    const { broker } = use();
    const known = async () => (await broker.depths()).map(({ queue }) => queue);
    const mine = 'agent.gone.task';
    await broker.ensureQueue(mine);
    await broker.publish([message('a', { queue: mine })]);
    await eventually(async () => expect((await broker.idleQueues()).has(mine)).toBe(false));
    expect(await broker.forgetQueue(mine)).toBe(false);
    expect(await broker.purge(mine)).toBe(1);
    const reader = await broker.consume(mine, { prefetch: 1 }, (delivery) => delivery.ack());
    expect(await broker.forgetQueue(mine)).toBe(false);
    expect(await known()).toContain(mine);
    await reader.stop();
    await eventually(async () => expect(await broker.forgetQueue(mine)).toBe(true));
    expect(await known()).not.toContain(mine);
    expect(await broker.forgetQueue('agent.never.task')).toBe(true);
    // Whoever comes back finds it made again.
    await broker.ensureQueue(mine);
    expect(await broker.publish([message('b', { queue: mine })])).toEqual(['confirmed']);
  });

  it('purges what waits in a queue', async () => {
    const { broker } = use();
    await broker.publish([message('a'), message('b'), message('other', { queue: 'intent.task' })]);
    expect(await broker.purge(QUEUE)).toBe(2);
    await eventually(async () => {
      const depths = await broker.depths();
      expect(depths.find((entry) => entry.queue === QUEUE)?.messages).toBe(0);
      expect(depths.find((entry) => entry.queue === 'intent.task')?.messages).toBe(1);
    });
  });

  it('says that it works, and after the stop takes nothing any more', async () => {
    const { broker } = use();
    await collect(broker, 1);
    await eventually(() =>
      expect(broker.state()).toEqual({ connected: true, blocked: false, consuming: true, lastError: null }),
    );
    await broker.stop();
    expect(broker.state().connected).toBe(false);
    expect(await broker.publish([message('late')])).toEqual(['failed']);
  });
}
