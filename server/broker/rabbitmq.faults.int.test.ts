import { randomBytes } from 'node:crypto';
import { type ChannelModel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { startTcpProxy, type TcpProxy } from '#server/testing/tcp-proxy.ts';
import { idsOf, message } from './contract-tools.ts';
import type { Broker, BrokerEvent, Delivery } from './port.ts';
import { createRabbitmqBroker, type RabbitmqOptions } from './rabbitmq.ts';
import { makeTopology, RESPONSE_QUEUE } from './topology.ts';

const QUEUE = 'executor.task';

function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 });
}

/** These tests break the server, so it is theirs alone. */
describe('RabbitMQ broker under faults', () => {
  let server: PrivateRabbitmq;
  let proxy: TcpProxy;
  let raw: ChannelModel;
  let broker: Broker;
  let namespace: string;
  let events: BrokerEvent[];
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startPrivateRabbitmq();
    proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port });
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });
  beforeEach(async () => {
    await server.heal();
    namespace = `t${randomBytes(4).toString('hex')}`;
    events = [];
    broker = await open();
    raw = await connect(server.url);
    raw.on('error', () => {});
  });
  afterEach(async () => {
    proxy.refuse(false);
    proxy.swallowAnswers(false);
    proxy.delayAnswers(0);
    for (const stop of stops.splice(0)) await stop();
    await raw.close().catch(() => {});
  });

  async function open(more: Partial<RabbitmqOptions> = {}): Promise<Broker> {
    const url = `amqp://guest:guest@127.0.0.1:${proxy.port}`;
    const made = createRabbitmqBroker({
      url,
      namespace,
      // For what never comes; tests of what comes too late have limits of their own.
      ...{ confirmTimeoutMs: 60_000, roomTimeoutMs: 60_000 },
      ...more,
    });
    made.onEvent((event) => events.push(event));
    stops.push(() => made.stop());
    await made.start();
    return made;
  }
  const wire = (queue: string): string => makeTopology(namespace).wireQueue(queue);
  const isWhole = (): Promise<void> =>
    eventually(() =>
      expect(broker.state()).toEqual({ connected: true, blocked: false, consuming: true, lastError: null }),
    );
  const keep = async (settle: (delivery: Delivery) => void) => {
    const got: Delivery[] = [];
    const subscription = await broker.consume(QUEUE, { prefetch: 500 }, (delivery) => {
      got.push(delivery);
      settle(delivery);
    });
    return { got, subscription };
  };
  const ack = (delivery: Delivery): void => delivery.ack();

  it('finds ten thousand confirmed messages after the server was killed, and consumes on', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => message(`m${i}`));
    expect(new Set(await broker.publish(many))).toEqual(new Set(['confirmed']));
    const { got } = await keep(ack);
    await eventually(() => expect(got.length).toBeGreaterThan(1000));
    await server.kill();
    await eventually(() => expect(broker.state().connected).toBe(false));
    expect(await broker.publish([message('away')])).toEqual(['failed']);
    await server.start();
    await isWhole();
    await eventually(() => expect(new Set(idsOf(got)).size).toBe(10_000));
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(['disconnected', 'connected']));
    expect(events.filter((event) => event.type === 'connected' && event.again)).toHaveLength(1);
    expect(await broker.publish([message('after')])).toEqual(['confirmed']);
    await eventually(() => expect(idsOf(got)).toContain('after'));
  });

  it('declares everything again on a server that was wiped', async () => {
    const { got } = await keep(ack);
    await broker.publish([message('lost', { queue: 'intent.task' })]);
    await broker.ensureQueue('translation.task');
    for (const step of ['stop_app', 'reset', 'start_app']) await server.control(step);
    await isWhole();
    await eventually(async () => {
      const outcomes = await broker.publish([message('new'), message('own', { queue: 'translation.task' })]);
      expect(outcomes).toEqual(['confirmed', 'confirmed']);
    });
    await eventually(() => expect(idsOf(got)).toContain('new'));
    const depths = await broker.depths();
    expect(depths.find((depth) => depth.queue === 'intent.task')?.messages).toBe(0);
  });

  it('answers failed in bounded time while the server is out of memory, goes on consuming, and heals', async () => {
    broker = await open({ confirmTimeoutMs: 10_000, roomTimeoutMs: 500 });
    await broker.publish([message('in hand')]);
    const { got } = await keep(() => {});
    await eventually(() => expect(got).toHaveLength(1));
    await server.control('set_vm_memory_high_watermark', '0.00001');
    await eventually(async () => {
      // The server blocks a connection when it first publishes under the alarm.
      void broker.publish([message('trips it')]);
      expect(broker.state().blocked).toBe(true);
    });
    const before = proxy.sentBytes();
    const body = Buffer.alloc(10_000);
    const floods = Array.from({ length: 200 }, (_, i) => broker.publish([message(`flood ${i}`, { body })]));
    expect(new Set((await Promise.all(floods)).flat())).toEqual(new Set(['failed']));
    expect(proxy.sentBytes() - before).toBeLessThan(10_000);
    got[0]?.ack();
    await eventually(async () => {
      const depth = (await broker.depths()).find((each) => each.queue === QUEUE);
      expect(depth?.unacked).toBe(0);
    });
    await server.control('set_vm_memory_high_watermark', '0.4');
    await eventually(() => expect(broker.state().blocked).toBe(false));
    await eventually(async () => expect(await broker.publish([message('healed')])).toEqual(['confirmed']));
    await eventually(() => expect(idsOf(got)).toContain('healed'));
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(['blocked', 'unblocked']));
  });

  it('answers failed when confirms vanish, keeps few in flight, and makes a new connection', async () => {
    const small = await open({ confirmTimeoutMs: 500, roomTimeoutMs: 200, maxInFlight: 100 });
    proxy.swallowAnswers(true);
    const before = proxy.sentBytes();
    const outcomes = await small.publish(Array.from({ length: 5_000 }, (_, i) => message(`m${i}`)));
    expect(new Set(outcomes)).toEqual(new Set(['failed']));
    expect(outcomes).toHaveLength(5_000);
    expect(proxy.sentBytes() - before).toBeLessThan(100 * 500);
    await eventually(() => expect(small.state().connected).toBe(false));
    proxy.swallowAnswers(false);
    proxy.cut();
    await eventually(async () => expect(await small.publish([message('resent')])).toEqual(['confirmed']));
    // What was sent without a confirm may have arrived: at least once.
    const { got } = await keep(ack);
    await eventually(() => expect(idsOf(got)).toContain('resent'));
  });

  it('bears confirms that come late but not too late', async () => {
    proxy.delayAnswers(300);
    const outcomes = await broker.publish([message('a'), message('b')]);
    expect(outcomes).toEqual(['confirmed', 'confirmed']);
    expect(events.filter((event) => event.type === 'disconnected')).toEqual([]);
  });

  it('fails one message that cannot be encoded, says which, and sends the others', async () => {
    const giant = message('giant', { headers: { huge: 'x'.repeat(100_000) } });
    expect(await broker.publish([message('a'), giant, message('b')])).toEqual([
      'confirmed',
      'failed',
      'confirmed',
    ]);
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('giant') });
  });

  it('redelivers what it held when the connection was cut, and ignores late decisions', async () => {
    await broker.publish([message('a'), message('b')]);
    const { got } = await keep(() => {});
    await eventually(() => expect(got).toHaveLength(2));
    const [a, b] = got.splice(0);
    proxy.cut();
    a?.ack();
    b?.reject('too late');
    await isWhole();
    await eventually(() => expect(idsOf(got).toSorted()).toEqual(['a', 'b']));
    expect(got.map((delivery) => delivery.redeliveries)).toEqual([1, 1]);
    expect(await broker.listDeadLetters(10)).toEqual([]);
  });

  it('consumes and publishes on after its queue was deleted', async () => {
    const { got } = await keep(ack);
    const admin = await raw.createChannel();
    await admin.deleteQueue(wire(QUEUE));
    await admin.deleteQueue(wire('intent.task'));
    expect(await broker.publish([message('x', { queue: 'intent.task' })])).toEqual(['unroutable']);
    await eventually(async () => {
      expect(await broker.publish([message('x', { queue: 'intent.task' })])).toEqual(['confirmed']);
    });
    await isWhole();
    await eventually(async () => expect(await broker.publish([message('y')])).toEqual(['confirmed']));
    await eventually(() => expect(idsOf(got)).toContain('y'));
  });

  it('says unroutable when only the binding is gone, and mends it', async () => {
    const admin = await raw.createChannel();
    await admin.unbindQueue(wire(QUEUE), makeTopology(namespace).taskExchange, wire(QUEUE));
    expect(await broker.publish([message('x')])).toEqual(['unroutable']);
    await eventually(async () => expect(await broker.publish([message('x')])).toEqual(['confirmed']));
  });

  it('says that it is connected but does not consume, and consumes when it can', async () => {
    const rival = await raw.createChannel();
    const { consumerTag } = await rival.consume(wire(QUEUE), () => {}, { exclusive: true });
    const { got } = await keep(ack);
    await eventually(() => {
      expect(broker.state()).toMatchObject({ connected: true, consuming: false });
      expect(broker.state().lastError).toMatch(/exclusive/);
    });
    await rival.cancel(consumerTag);
    await isWhole();
    await broker.publish([message('at last')]);
    await eventually(() => expect(idsOf(got)).toEqual(['at last']));
  });

  it('consumes on after the server closed its channel for a late acknowledgement', async () => {
    await server.control(
      'eval',
      'application:set_env(rabbit, consumer_timeout, 500), application:set_env(rabbit, channel_tick_interval, 200).',
    );
    const { got } = await keep((delivery) => {
      if (delivery.redelivered) delivery.ack();
    });
    await broker.publish([message('slow')]);
    await eventually(() => expect(got.map((delivery) => delivery.redeliveries)).toEqual([0, 1]));
    got[0]?.ack();
    await isWhole();
    await server.control(
      'eval',
      'application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).',
    );
  });

  it('uses a queue that somebody made with other arguments, and warns', async () => {
    const admin = await raw.createChannel();
    await admin.assertQueue(wire('foreign.task'), { durable: true });
    await broker.ensureQueue('foreign.task');
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toHaveLength(1);
    expect(await broker.publish([message('m', { queue: 'foreign.task' })])).toEqual(['confirmed']);
    const depth = (await broker.depths()).find((each) => each.queue === 'foreign.task');
    expect(depth?.messages).toBe(1);
  });

  it('sets aside what comes with headers as large as can be sent, and the rest flows', async () => {
    const foreign = await raw.createChannel();
    const headers = { small: 'kept', huge: 'x'.repeat(65_400) };
    foreign.sendToQueue(wire(QUEUE), Buffer.from('{}'), { headers, messageId: 'huge' });
    const { got } = await keep((delivery) =>
      delivery.messageId === 'huge' ? delivery.reject('nobody can use it') : delivery.ack(),
    );
    const letters = await eventually(async () => {
      const found = await broker.listDeadLetters(10);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(letters[0]).toMatchObject({
      messageId: 'huge',
      reason: 'nobody can use it',
      headers: { small: 'kept' },
    });
    expect(await broker.replayDeadLetter(letters[0]?.id ?? '')).toBe(true);
    await broker.publish([message('other')]);
    await eventually(() => expect(idsOf(got)).toHaveLength(3));
    expect(idsOf(got)).toEqual(expect.arrayContaining(['huge', 'other']));
    expect(events.filter((event) => event.type === 'disconnected')).toEqual([]);
  });

  it('shows and replays what a foreign consumer threw out, whatever it looks like', async () => {
    const foreign = await raw.createChannel();
    const headers = { nested: { deep: [1] }, plain: 'kept', 'x-redeliveries': 'not a number' };
    foreign.publish(makeTopology(namespace).taskExchange, wire(RESPONSE_QUEUE), Buffer.from('{bad json'), {
      headers,
    });
    const got = await eventually(async () => {
      const taken = await foreign.get(wire(RESPONSE_QUEUE));
      expect(taken).not.toBe(false);
      return taken;
    });
    if (got) foreign.reject(got, false);
    const [letter] = await eventually(async () => {
      const letters = await broker.listDeadLetters(10);
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(letter).toMatchObject({ queue: RESPONSE_QUEUE, messageId: '', redeliveries: 0 });
    expect(letter?.headers.plain).toBe('kept');
    expect(letter?.headers).not.toHaveProperty('nested');
    expect(letter?.reason).toContain('rejected');
    expect(letter?.deadAt).toEqual(expect.any(Number));
    expect(await broker.replayDeadLetter(letter?.id ?? '')).toBe(true);
    const depth = (await broker.depths()).find((each) => each.queue === RESPONSE_QUEUE);
    expect(depth?.messages).toBe(1);
  });

  it('counts no return for a message that was only looked at', async () => {
    await broker.publish([message('a'), message('b')]);
    for (let look = 0; look < 5; look++) await broker.depths();
    const { got } = await keep(ack);
    await eventually(() => expect(idsOf(got)).toEqual(['a', 'b']));
    expect(got.map((delivery) => delivery.redeliveries)).toEqual([0, 0]);
  });

  it('starts without a server and finds it when it comes', async () => {
    proxy.refuse(true);
    const early = await open({ startTimeoutMs: 100, roomTimeoutMs: 500 });
    expect(early.state()).toMatchObject({ connected: false, consuming: false });
    expect(early.state().lastError).not.toBeNull();
    expect(await early.publish([message('x')])).toEqual(['failed']);
    await expect(early.depths()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.refuse(false);
    await eventually(() => expect(early.state()).toMatchObject({ connected: true, lastError: null }));
    expect(await early.publish([message('x')])).toEqual(['confirmed']);
  });
});
