import type { ChannelModel } from 'amqplib';
import { SignalboxError } from '#server/domain/errors.ts';
import { type AmqpConsumer, makeAmqpConsumer } from './amqp-consumer.ts';
import { makeAmqpDeadLetters } from './amqp-dead-letters.ts';
import { isMissing, makeAmqpDepths } from './amqp-depths.ts';
import { type AmqpEvents, makeAmqpEvents } from './amqp-events.ts';
import { type AmqpLinks, makeAmqpLinks } from './amqp-links.ts';
import { toWire } from './amqp-message.ts';
import { type AmqpPublisher, makeAmqpPublisher } from './amqp-publisher.ts';
import { type Declarer, isRefused, makeDeclarer, withChannel } from './amqp-topology.ts';
import { type Emitter, makeEmitter } from './emitter.ts';
import { type Broker, type BrokerEvent, DEFAULT_MAX_REDELIVERIES, type IsMeant } from './port.ts';
import { DISCARDED_EVENT, makeTopology, type Topology } from './topology.ts';
import { makeTraffic } from './traffic.ts';

export interface RabbitmqOptions {
  /** amqp:// or amqps://; several, parted by commas, are the nodes of one cluster and are tried in turn. */
  url: string;
  /** Put before every name, to share a virtual host. */
  namespace?: string;
  connectionName?: string;
  maxRedeliveries?: number;
  /** A broker that owes a confirm for longer is taken as broken: the connection is given up. */
  confirmTimeoutMs?: number;
  /** How long a publish waits for a blocked or full connection before it answers `failed`. */
  roomTimeoutMs?: number;
  /** Unconfirmed messages on the wire; more wait for room. */
  maxInFlight?: number;
  /** `start` answers after this long even if the broker is not there yet. */
  startTimeoutMs?: number;
  now?: () => number;
  random?: () => number;
  onHandlerError?: (error: unknown) => void;
}

/** What the parts share. Links come last, since their callbacks reach the other parts. */
interface Core {
  topology: Topology;
  now: () => number;
  onHandlerError: (error: unknown) => void;
  events: Emitter<BrokerEvent>;
  declarer: Declarer;
  /** Every queue that this process has named: declared again on each connection. */
  queues: Set<string>;
  consumers: Set<AmqpConsumer>;
  trouble: { last: string | null; note(error: Error): void };
  links: () => AmqpLinks;
  /** The connection to read on, or an error that says that it is away. */
  reading: () => ChannelModel;
}

/** The broker port over AMQP 0-9-1. */
export function createRabbitmqBroker(options: RabbitmqOptions): Broker {
  const core = makeCore(options, () => links);
  const { events, consumers, queues, topology } = core;
  const publisher = makePublisher(core, options);
  const traffic = makeTraffic(core.now);
  const announcements = makeAmqpEvents({
    topology,
    mayPublish: () => links.publishing.model() !== null && !links.publishing.blocked(),
    listenOn: () => links.consuming.model(),
    random: options.random ?? Math.random,
    onTrouble: core.trouble.note,
    onHandlerError: core.onHandlerError,
  });
  const links = makeLinks(core, options, { publisher, announcements });
  const depths = makeAmqpDepths({
    topology,
    model: core.reading,
    now: core.now,
    redeclare: (queue) => redeclare(core, core.reading(), queue),
    trafficOf: traffic.read,
    unackedIn: (queue) => sumOf(consumers, (each) => (each.queue === queue ? each.unacked() : 0)),
  });

  return {
    start: links.start,
    async stop() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await links.stop();
    },
    async ensureQueue(queue) {
      if (queues.has(queue)) return;
      queues.add(queue);
      // Away: the next connection declares all that is known.
      const model = links.publishing.model();
      if (model) await guard(`declare ${queue}`, () => declare(core, model, queue));
    },
    async forgetQueue(queue) {
      if ([...consumers].some((consumer) => consumer.queue === queue)) return false;
      const isGone = await guard(`delete ${queue}`, () => deleteUnused(core, queue));
      if (!isGone) return false;
      queues.delete(queue);
      traffic.forget(queue);
      return true;
    },
    async publish(messages) {
      const outcomes = await publisher.publish(messages.map((each) => toWire(each, topology, core.now())));
      outcomes.forEach((outcome, at) => {
        if (outcome === 'confirmed') traffic.note(messages[at]?.queue ?? '', 'published');
      });
      return outcomes;
    },
    publishEvent: announcements.publishEvent,
    subscribeEvents: announcements.subscribeEvents,
    async consume(queue, { prefetch }, onDelivery) {
      queues.add(queue);
      const consumer: AmqpConsumer = makeAmqpConsumer({
        ...consumerContext(core, options),
        queue,
        prefetch,
        onDelivery(delivery) {
          traffic.note(queue, 'delivered');
          if (delivery.redeliveries > 0) traffic.note(queue, 'returned');
          onDelivery(delivery);
        },
        publish: publisher.publish,
        onStopped: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      await consumer.attach();
      return consumer;
    },
    depths: () => guard('read the depth of the queues', () => depths.read([...queues])),
    idleQueues: () => guard('count what is in the queues', () => depths.readIdle([...queues])),
    purge: (queue) => guard(`purge ${queue}`, () => purge(core, queue)),
    ...deadLetterVerbs(core, publisher, announcements.publishEvent),
    state() {
      const connected = links.up();
      const consuming = connected && ![...consumers].some((consumer) => consumer.starving());
      if (consuming) core.trouble.last = null;
      return { connected, blocked: links.publishing.blocked(), consuming, lastError: core.trouble.last };
    },
    onEvent: events.listen,
  };
}

function makeLinks(
  core: Core,
  options: RabbitmqOptions,
  { publisher, announcements }: { publisher: AmqpPublisher; announcements: AmqpEvents },
): AmqpLinks {
  return makeAmqpLinks({
    url: options.url,
    name: options.connectionName ?? 'signalbox',
    startTimeoutMs: options.startTimeoutMs ?? 5_000,
    random: options.random ?? Math.random,
    async preparePublishing(model) {
      await declareAll(core, model);
      await announcements.attachPublisher(model);
      await publisher.attach(model);
    },
    publishingLost: publisher.detach,
    publishingFreed: publisher.wake,
    onBothUp() {
      for (const consumer of core.consumers) void consumer.attach();
      announcements.attachListeners().catch(core.trouble.note);
    },
    onTrouble: core.trouble.note,
    emit: core.events.emit,
  });
}

function makeCore(options: RabbitmqOptions, links: () => AmqpLinks): Core {
  const onHandlerError = options.onHandlerError ?? (() => {});
  const topology = makeTopology(options.namespace);
  const events = makeEmitter<BrokerEvent>(onHandlerError);
  const trouble: Core['trouble'] = {
    last: null,
    note(error) {
      trouble.last = error.message;
    },
  };
  return {
    topology,
    now: options.now ?? Date.now,
    onHandlerError,
    events,
    declarer: makeDeclarer(topology, (message) => events.emit({ type: 'warning', message })),
    queues: new Set(topology.standingQueues),
    consumers: new Set(),
    trouble,
    links,
    reading() {
      const model = links().consuming.model();
      if (model) return model;
      throw new SignalboxError('UNAVAILABLE', `RabbitMQ is away: ${trouble.last ?? 'not connected yet'}.`, {
        advice: 'It reconnects by itself. If this stays, check RABBITMQ_URL and the server.',
      });
    },
  };
}

function makePublisher(core: Core, options: RabbitmqOptions): AmqpPublisher {
  const redeclaring = new Set<string>();
  return makeAmqpPublisher({
    link: () => core.links().publishing,
    confirmTimeoutMs: options.confirmTimeoutMs ?? 10_000,
    roomTimeoutMs: options.roomTimeoutMs ?? 2_000,
    maxInFlight: options.maxInFlight ?? 5_000,
    onWarning: (message) => core.events.emit({ type: 'warning', message }),
    onUnroutable(routingKey) {
      const model = core.links().publishing.model();
      if (!model || redeclaring.has(routingKey)) return;
      redeclaring.add(routingKey);
      redeclare(core, model, core.topology.portQueue(routingKey))
        .catch(core.trouble.note)
        .finally(() => redeclaring.delete(routingKey));
    },
  });
}

async function declareAll(core: Core, model: ChannelModel): Promise<void> {
  await core.declarer.exchangesAndDeadLetters(model);
  for (const queue of core.queues) {
    try {
      await declare(core, model, queue);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const message = `RabbitMQ refuses the queue ${queue}, so what is meant for it stays in the outbox: ${error.message}`;
      core.events.emit({ type: 'warning', message });
    }
  }
}

/** What is refused is forgotten until somebody names it again: it must not stand in the way of the others. */
async function declare(core: Core, model: ChannelModel, queue: string): Promise<void> {
  core.queues.add(queue);
  try {
    await core.declarer.queue(model, queue);
  } catch (error) {
    if (isRefused(error)) core.queues.delete(queue);
    throw error;
  }
}

/** Somebody deleted it, or a binding to it. */
async function redeclare(core: Core, model: ChannelModel, queue: string): Promise<void> {
  await core.declarer.exchangesAndDeadLetters(model);
  if (queue === core.topology.deadLetterQueue) return;
  await declare(core, model, queue);
}

function consumerContext(core: Core, options: RabbitmqOptions) {
  return {
    topology: core.topology,
    now: core.now,
    maxRedeliveries: options.maxRedeliveries ?? DEFAULT_MAX_REDELIVERIES,
    model: () => (core.links().up() ? core.links().consuming.model() : null),
    declareQueue: (model: ChannelModel, queue: string) => declare(core, model, queue),
    random: options.random ?? Math.random,
    onTrouble: core.trouble.note,
    onHandlerError: core.onHandlerError,
  };
}

function purge(core: Core, queue: string): Promise<number> {
  return withChannel(core.reading(), async (channel) => {
    const { messageCount } = await channel.purgeQueue(core.topology.wireQueue(queue));
    return messageCount;
  }).catch((error: unknown) => {
    if (isMissing(error)) return 0;
    throw error;
  });
}

/** Some brokers say by an error that it is not there, and some by saying that it is gone. */
function deleteUnused(core: Core, queue: string): Promise<boolean> {
  const wireName = core.topology.wireQueue(queue);
  return withChannel(core.reading(), async (channel) => {
    await channel.deleteQueue(wireName, { ifEmpty: true, ifUnused: true });
    return true;
  }).catch((error: unknown) => {
    if (isMissing(error)) return true;
    if (isRefused(error)) return false;
    throw error;
  });
}

const ALL: IsMeant = () => true;

function deadLetterVerbs(core: Core, publisher: AmqpPublisher, announce: Broker['publishEvent']) {
  const { topology, now, reading } = core;
  const letters = makeAmqpDeadLetters({ topology, model: reading, publish: publisher.publish, now });
  return {
    listDeadLetters: (limit: number, isMeant: IsMeant = ALL) =>
      guard('list the dead letters', () => letters.list(limit, isMeant)),
    readDeadLetter: (id: string, isMeant: IsMeant = ALL) =>
      guard('read a dead letter', () => letters.read(id, isMeant)),
    replayDeadLetters: (which: { limit: number; before: number }, isMeant: IsMeant = ALL) =>
      guard('replay dead letters', () => letters.replayAll(which, isMeant)),
    replayDeadLetter: (id: string, isMeant: IsMeant = ALL) =>
      guard('replay a dead letter', () => letters.replay(id, isMeant)),
    discardDeadLetter: (id: string, reason: string, isMeant: IsMeant = ALL) =>
      guard('discard a dead letter', async () => {
        const letter = await letters.discard(id, isMeant);
        if (!letter) return false;
        const { messageId, queue } = letter;
        announce(DISCARDED_EVENT, JSON.stringify({ id, messageId, queue, reason, at: now() }));
        return true;
      }),
  };
}

async function guard<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SignalboxError) throw error;
    throw new SignalboxError('UNAVAILABLE', `RabbitMQ failed to ${what}: ${String(error)}`, {
      advice: 'Try again; the connection repairs itself.',
      cause: error,
    });
  }
}

function sumOf<Item>(items: Iterable<Item>, count: (item: Item) => number): number {
  let sum = 0;
  for (const item of items) sum += count(item);
  return sum;
}
