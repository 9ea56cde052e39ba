import type { Sql } from '#db/client.ts';
import type { Broker } from '#server/broker/port.ts';
import { type AgentId, type OrgId, parseTaskId } from '#server/domain/ids.ts';
import type { AgentDesk, ReportSink } from '#server/domain/reports.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { HotState } from '#server/redis/port.ts';
import type { ArtefactsOfRun, BuiltinAgent } from './agent.ts';
import { createHttpPull, type HttpPull } from './delivery/http-pull.ts';
import { createHttpPush } from './delivery/http-push.ts';
import { createLocalAgents } from './delivery/local-agents.ts';
import { createOtherMemories } from './delivery/other-memories.ts';
import { createDesk } from './desk.ts';
import { type Carrier, createDispatcher, type Dispatcher, type FleetEntry } from './dispatcher.ts';
import type { CommittedStep, EnginePort } from './engine-port.ts';
import { createOpenOrgs } from './open-orgs.ts';
import { type Control, createControl, ownQueuesOf, queueNamesFor, queuesOf } from './queues.ts';
import type { BreakerOptions } from './registry/breaker.ts';
import { createFleet, type Fleet } from './registry/fleet.ts';
import { createPresence } from './registry/presence.ts';
import { type AgentRecord, readAgents } from './registry/records.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import { orderFor } from './registry/states.ts';
import { createSeatWatch } from './seat-watch.ts';
import { createWatch } from './watch.ts';
import { ALWAYS_WHOLE, type WholeAssignments } from './whole-assignments.ts';

export interface AgentSystemOptions {
  sql: Sql;
  hot: HotState;
  broker: Broker;
  /** The broker is in the memory of this process, and what other processes queue is not in it. */
  hasOwnQueues?: boolean;
  /** No Redis tells the other processes on this database of beats. */
  writesBeats?: boolean;
  fetch: SafeFetch;
  artefactsOf: ArtefactsOfRun;
  /** Left out: nothing is large. */
  whole?: WholeAssignments;
  /** Where agents belong that say hello over the broker, whose account is the installation's. */
  orgId: OrgId;
  /** Names this process: the same when it starts again, and no other live one has it. */
  instance: string;
  /** Agents that live in this process and are called, not sent messages. They serve every organisation. */
  builtins: readonly BuiltinAgent[];
  maxAgents: number;
  newUuid(): string;
  now(): number;
  /** How often agents show a sign of life. */
  beatMs?: number;
  refreshMs?: number;
  /** How often it is read who sits with the agents that all processes call, if nobody says that a seat is free. */
  seatsMs?: number;
  /** How often what is believed to be held is compared with the tasks' rows. */
  compareMs?: number;
  /** How soon the built-in agents serve an organisation that is made while they run. */
  orgsMs?: number;
  breaker?: Partial<BreakerOptions>;
  onTrouble(message: string, error: unknown): void;
}

/**
 * Everything about agents that a process with the engine needs. In this order:
 * `createAgentSystem`, then the engine with `hands` and `onProgress`, then the report intake on the engine,
 * `connect`, `start` (its answer goes to `engine.start`), and the response consumer with `desk` and the intake.
 * To end: the doors, the response consumer, `drain`, the engine, `stop`.
 */
export interface AgentSystem {
  hands: Dispatcher;
  registry: Registry;
  fleet: Fleet;
  desk: AgentDesk;
  /** The verbs of agents that come for their work over HTTP. */
  pull: HttpPull;
  onProgress(step: CommittedStep): void;
  connect(parts: { engine: EnginePort; reports: ReportSink }): void;
  /** Registers the built-in agents and begins to watch. Returns those whose former process is gone. */
  start(): Promise<ReadonlySet<AgentId>>;
  /** Asks after what a process before this one gave to agents that are called. Once the engine has started. */
  takeUp(): Promise<void>;
  /** Gives nothing new to the agents in this process and waits for what they have; stops what takes longer. */
  drain(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

export const DEFAULT_BEAT_MS = 5000;
/** How many beats may be missed before the hot state forgets an agent. */
const PRESENCE_BEATS = 5;
export const PRESENCE_TTL_MS = DEFAULT_BEAT_MS * PRESENCE_BEATS;
const SEATS_MS = 1000;
const COMPARE_MS = 5000;
export const ORGS_MS = 1000;
/** Shorter than people wait for figures of what has just ended; of agents at rest nothing is written. */
const FLUSH_MS = 5000;
const FORGET_EVERY_MS = 3_600_000;
const FORGET_OFFLINE_MS = 7 * 24 * 3_600_000;

export function createAgentSystem(options: AgentSystemOptions): AgentSystem {
  const parts = makeParts(options);
  const { registry, presence, locals, watch, push, hands, seats, fleet, desk, pull } = parts;
  const { onTrouble } = options;
  const beatMs = options.beatMs ?? DEFAULT_BEAT_MS;
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, what: string, act: () => Promise<unknown>): void => {
    const timer = setInterval(() => {
      act().catch((error) => onTrouble(what, error));
    }, ms);
    timer.unref();
    timers.push(timer);
  };

  async function beatLocals(): Promise<void> {
    const beats = [...locals.members()].map(([id, { generation }]) =>
      presence.beat(id, { generation, in_flight: hands.inFlight(id) }),
    );
    await Promise.all(beats);
  }
  const again = new Set<AgentId>();
  const orgs = createOpenOrgs({
    ...{ sql: options.sql, everyMs: options.orgsMs ?? ORGS_MS, onTrouble },
    async onOpened(orgId) {
      for (const id of await locals.register(orgId)) again.add(id);
    },
    onClosed: locals.deregister,
  });
  /** Only agents that are called have seats. */
  const lookAtSeats = async (): Promise<void> => {
    if (fleet.now().some(({ record }) => record.transport === 'push')) await seats.look();
  };
  const askHealth = (): Promise<void> => push.askHealth(fleet.now(), presence);

  return {
    hands,
    registry,
    fleet,
    desk,
    pull,
    onProgress: watch.onProgress,
    connect: parts.connect,
    async start() {
      if (options.builtins.length > 0) await orgs.start();
      await beatLocals();
      // Before the fleet is known, so that nobody is given what is taken already.
      await seats.look();
      await fleet.start();
      every(options.seatsMs ?? SEATS_MS, 'The seats of agents could not be read.', lookAtSeats);
      every(options.compareMs ?? COMPARE_MS, 'What agents hold could not be compared.', seats.compare);
      every(beatMs, 'The built-in agents could not beat.', beatLocals);
      every(beatMs, 'The health of agents could not be asked.', askHealth);
      every(FLUSH_MS, 'The performance of agents could not be written.', watch.performance.flush);
      every(FORGET_EVERY_MS, 'Agents that are long gone could not be forgotten.', () =>
        registry.forgetOffline(FORGET_OFFLINE_MS),
      );
      void askHealth();
      return again;
    },
    takeUp: async () => push.takeUp(await seats.held()),
    async drain(withinMs) {
      await orgs.stop();
      await pull.stop();
      locals.retire();
      await fleet.refresh();
      await Promise.all([locals.finish(withinMs), push.finish(withinMs)]);
    },
    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer);
      await orgs.stop();
      await fleet.stop();
      locals.carrier.close();
      push.close();
      await pull.stop();
      for (const id of locals.members().keys()) await presence.leave(id);
      await watch.performance
        .flush()
        .catch((error) => onTrouble('The last figures of agents were not written.', error));
    },
  };
}

interface Connected {
  engine: EnginePort;
  reports: ReportSink;
}

/** The parts, tied together. The engine comes later, as it needs our hands first. */
function makeParts(options: AgentSystemOptions) {
  const { sql, hot, broker, now, onTrouble } = options;
  const beatMs = options.beatMs ?? DEFAULT_BEAT_MS;
  const owner = `${options.instance} ${options.newUuid()}`;
  let connection: Connected | null = null;
  const connected = (): Connected => {
    if (!connection) throw new Error('the agent system is used before it is connected to the engine');
    return connection;
  };
  const whole = options.whole ?? ALWAYS_WHOLE;
  const sink = (): ReportSink => connected().reports;
  const recordOf = (id: AgentId): AgentRecord | undefined => fleet.find(id);

  const presence = createPresence({ hot, now, ttlMs: beatMs * PRESENCE_BEATS });
  const registry = createRegistry({ ...options, presence });
  const watch = createWatch({ sql, hot, breaker: options.breaker, now, owner, recordOf, onTrouble });
  const locals = createLocalAgents({
    ...{ ...options, registry, sink, beatMs },
    agents: options.builtins,
    onAnswered: (taskId, agent) => hands.settled(taskId, agent),
  });
  const push = createHttpPush({
    ...{ fetch: options.fetch, sink, recordOf, onTrouble, whole },
    pollMs: Math.min(2000, beatMs),
    cool: (id, forMs) => fleet.cool(id, forMs),
    async tellUnanswered({ taskId, epoch }, { id, name, orgId }) {
      const place = parseTaskId(taskId);
      if (!place) return;
      const wait = { code: 'unanswered' as const, blockers: [name || id], ids: [id] };
      const happening = { type: 'stand-by' as const, task: place.index, epoch, wait, moreMs: 0 };
      await connected().engine.tell(place.runId, happening, { orgId });
    },
  });
  const control = createControl(broker);
  const seats = createSeatWatch({ sql, hands: () => hands, onTrouble });
  const hands: Dispatcher = createDispatcher({
    queuesFor: queueNamesFor,
    rereadSeats: seats.look,
    carriers: { local: locals.carrier, push, ...makeQueueCarriers(control) },
    onRoom(sources) {
      for (const source of sources) connected().engine.offerWaiting(source);
    },
  });
  const fleet = createFleet({
    ...{ sql, hot, presence, now, beatMs, owner, onTrouble },
    performance: watch.performance,
    breaker: watch.breaker,
    refreshMs: options.refreshMs ?? 1000,
    writesBeats: options.writesBeats ?? false,
    isOurs: (record) => locals.has(record.id),
    isLeaving: locals.isRetired,
    inFlight: (id) => hands.inFlight(id),
    onFleet: makeFleetListener({ hands, broker, onTrouble }),
    onOrdered: makeOrderTeller(control),
  });
  const isProbing = (id: AgentId): boolean => watch.breaker.isProbing(id);
  const desk = createDesk({
    ...{ sql, registry, presence, beatMs, isProbing },
    orgId: options.orgId,
    find: recordOf,
  });
  const capabilitiesOf = async (id: AgentId): Promise<string[]> => {
    const record = recordOf(id) ?? (await readAgents(sql, [id]))[0];
    return record?.capabilities.map(({ name }) => name) ?? [];
  };
  const engine = (): EnginePort => connected().engine;
  const otherMemories = options.hasOwnQueues ? createOtherMemories({ sql, engine, onTrouble }) : undefined;
  const pull = createHttpPull({
    whole,
    otherMemories,
    broker,
    desk,
    sink,
    capabilitiesOf,
    newMessageId: options.newUuid,
    onTrouble,
  });
  const connect = (given: Connected): void => {
    connection = given;
  };
  return { presence, registry, watch, locals, push, hands, seats, fleet, desk, pull, connect };
}

/** Agents that take from queues get nothing delivered; how they hear that they shall stop differs. */
function makeQueueCarriers(control: Control): Record<'amqp' | 'pull', Carrier> {
  const deliver = (): undefined => undefined;
  return {
    amqp: {
      deliver,
      stop: ({ agent, taskId, epoch, reason }) =>
        control(agent, { stop: [{ task_id: taskId, epoch, reason }] }),
    },
    // It hears it in the answer to its next sign of life.
    pull: { deliver, stop: deliver },
  };
}

function makeFleetListener(options: {
  hands: Dispatcher;
  broker: Broker;
  onTrouble(message: string, error: unknown): void;
}): (entries: FleetEntry[]) => void {
  const { broker, onTrouble } = options;
  let own: ReadonlySet<string> = new Set();
  /** Of agents that have left the list. One that still holds something is looked at again with the next change of the list. */
  const left = new Set<string>();

  function forgetOwn(now: ReadonlySet<string>): void {
    for (const queue of own) if (!now.has(queue)) left.add(queue);
    own = now;
    for (const queue of left) {
      if (now.has(queue)) left.delete(queue);
      else broker.forgetQueue(queue).then((isGone) => isGone && left.delete(queue), report(queue));
    }
  }

  const report = (queue: string) => (error: unknown) =>
    onTrouble(`The queue ${queue} of an agent that is gone could not be deleted.`, error);

  return (entries) => {
    for (const queue of queuesOf(entries)) {
      broker.ensureQueue(queue).catch((error) => onTrouble(`The queue ${queue} could not be made.`, error));
    }
    forgetOwn(ownQueuesOf(entries));
    options.hands.setFleet(entries);
  };
}

function makeOrderTeller(control: Control): (record: AgentRecord, probing: boolean) => void {
  return ({ id, ordered, generation, orderedReason }, probing) =>
    control(id, {
      ...orderFor(ordered, probing),
      generation,
      ...(orderedReason === null ? {} : { reason: orderedReason }),
    });
}
