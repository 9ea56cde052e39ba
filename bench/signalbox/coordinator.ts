import { createGraphCache } from '#db/queries/load-graph.ts';
import type { AgentHandler } from '#server/agents/agent.ts';
import { createAmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import { createPayloads, type Payloads } from '#server/agents/payloads.ts';
import { createAgentSystem } from '#server/agents/system.ts';
import { createWholeAssignments, withWholeInput } from '#server/agents/whole-assignments.ts';
import { openPorts, type Ports } from '#server/compose-ports.ts';
import { announceProgress } from '#server/compose-progress.ts';
import { type DbClock, openDbClock } from '#server/coordinator/db-clock.ts';
import { createEngine, type Engine } from '#server/coordinator/engine.ts';
import { NO_PAUSES } from '#server/coordinator/pause-points.ts';
import { createReportIntake } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer } from '#server/coordinator/response-consumer.ts';
import { DEFAULT_ORG_ID, type PipelineId, type RunId, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { type Env, readEnv } from '#server/platform/env.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { type Announcer, createAnnouncer } from '#server/realtime/announcer.ts';
import type { ServiceUrls } from '../subject.ts';
import { CAPABILITIES } from './stages.ts';

/** Tasks that one process works on at once: as many as the fan-out is wide, and more than a batch. */
export const CONCURRENCY = 1000;
const VERSION = '1';
/** How long an engine that has just met its agents is given before it must see them, on a busy machine. */
const MEETING_MS = 30_000;

interface CoordinatorOptions {
  urls: ServiceUrls;
  /** No other process of the subject has it. */
  instance: string;
  handle: AgentHandler;
  onEnded(end: RunEnd): void;
}

/** Told once for each run, by the process that committed its end. */
export interface RunEnd {
  runId: RunId;
  /** Of the last stage. */
  output: Json;
  error: string | null;
}

export interface RunOrder {
  runId: RunId;
  versionId: VersionId;
  pipelineId?: PipelineId;
  input: Json;
}

/** One process with the engine and its agents, put together as the product does. */
export interface Coordinator {
  ports: Ports;
  startRun(order: RunOrder): Promise<void>;
  /** Whether others are told which runs have moved. */
  announce(isOn: boolean): void;
  /** Age of the oldest message that waits: in the outbox or in a queue of the broker. */
  queueAgeMs(): Promise<number>;
  stop(): Promise<void>;
}

interface Parts {
  env: Env;
  ports: Ports;
  payloads: Payloads;
  options: CoordinatorOptions;
  newUuid(): string;
  onTrouble(message: string, error: unknown): void;
}

type AgentSystem = ReturnType<typeof createAgentSystem>;

/** The database has its tables already. With `amqpUrl` the agents work over the broker, without it they are called. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const env = toEnv(options.urls);
  const logger = createLogger(env.logLevel);
  const ports = await openPorts(env, { logger, onStep: () => undefined });
  await Promise.all([ports.broker.start(), ports.hotState.start(), ports.objects.start()]);
  const payloads = createPayloads({
    sql: ports.beatSql,
    objects: ports.objects,
    inlineMaxBytes: env.payloadInlineMaxBytes,
    maxBytes: env.payloadMaxBytes,
  });
  const onTrouble = (message: string, error: unknown) => logger.warn({ err: error }, message);
  const parts: Parts = { env, ports, payloads, options, newUuid: createUuidSource(Date.now), onTrouble };
  const system = makeSystem(parts);
  const graphOf = createGraphCache(ports.beatSql);
  const announcer = createSwitchedAnnouncer(ports);
  const clock = await openDbClock(ports.beatSql, Date.now);
  const engine = makeEngine(parts, { system, graphOf, announcer, clock });
  const stopAgents = await connectAgents(parts, { system, engine });
  await untilServed(system, options.instance);

  return {
    ports,
    announce: announcer.turn,
    async startRun({ runId, versionId, pipelineId = null, input }) {
      const graph = await graphOf(versionId);
      const run = {
        ...{ id: runId, orgId: DEFAULT_ORG_ID, pipelineId, versionId, graph, input },
        ...{ parameters: {}, metadata: {}, notification: null, trigger: 'bench' },
      };
      const reply = await engine.startRun({ run });
      if (!reply.ok) throw new Error(reply.message);
    },
    queueAgeMs: () => readQueueAge(ports),
    async stop() {
      await stopAgents();
      announcer.stop();
      await ports.stop();
    },
  };
}

function toEnv({ databaseUrl, redisUrl, amqpUrl, dataDir }: ServiceUrls): Env {
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RABBITMQ_URL: amqpUrl,
    SIGNALBOX_DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
  };
  return readEnv(source, dataDir);
}

function makeSystem({ env, ports, payloads, options, newUuid, onTrouble }: Parts): AgentSystem {
  const { instance, handle } = options;
  const local = {
    name: 'bench',
    version: VERSION,
    capabilities: CAPABILITIES,
    maxConcurrency: CONCURRENCY,
    handle,
  };
  return createAgentSystem({
    ...{ sql: ports.beatSql, hot: ports.hotState, broker: ports.broker, instance, newUuid, onTrouble },
    fetch: createSafeFetch({ allow: [] }),
    artefactsOf: payloads.artefactsOf,
    whole: createWholeAssignments(payloads),
    orgId: DEFAULT_ORG_ID,
    builtins: env.rabbitmqUrl === undefined ? [local] : [],
    maxAgents: env.maxAgents,
    now: Date.now,
  });
}

function makeEngine(
  { env, ports, payloads, options, onTrouble }: Parts,
  {
    system,
    graphOf,
    announcer,
    clock,
  }: {
    system: AgentSystem;
    graphOf: ReturnType<typeof createGraphCache>;
    announcer: Announcer;
    clock: DbClock;
  },
): Engine {
  const announce = announceProgress({ announcer, metrics: createMetrics() });
  return createEngine({
    ...{ sql: ports.engineSql, lanes: ports.lanes, broker: ports.broker, graphOf, payloads, onTrouble },
    hands: system.hands,
    random: Math.random,
    clock,
    defaults: { taskTimeoutMs: env.taskTimeoutMs },
    onProgress(plan) {
      system.onProgress(plan);
      announce(plan);
      const { state } = plan.decision;
      if (!isRunOver(state.status)) return;
      options.onEnded({
        runId: state.id,
        output: state.tasks.at(-1)?.output ?? null,
        error: state.error?.message ?? null,
      });
    },
  });
}

/** As the product has it, but that it can be turned off to see what it costs. */
function createSwitchedAnnouncer({ hotState }: Ports): Announcer & { turn(isOn: boolean): void } {
  const announcer = createAnnouncer({ hot: hotState, now: Date.now });
  let isOn = true;
  return {
    moved(run) {
      if (isOn) announcer.moved(run);
    },
    stop: announcer.stop,
    turn(to) {
      isOn = to;
    },
  };
}

async function connectAgents(
  { env, ports, payloads, options, newUuid, onTrouble }: Parts,
  { system, engine }: { system: AgentSystem; engine: Engine },
): Promise<() => Promise<void>> {
  const { beatSql: sql, hotState: hot, broker } = ports;
  const reports = createReportIntake({
    ...{ sql, hot, engine, onTrouble, keepOutcome: payloads.keepOutcome },
    now: Date.now,
  });
  system.connect({ engine, reports });
  const responses = createResponseConsumer({
    ...{ broker, sink: reports, desk: system.desk, points: NO_PAUSES, onTrouble },
  });
  await engine.start(await system.start());
  await responses.start();
  const agent = createAmqpAgent({
    broker,
    registration: {
      name: 'bench',
      instance: options.instance,
      capabilities: CAPABILITIES.map((name) => ({ name, version: VERSION })),
      max_concurrency: CONCURRENCY,
    },
    // As the product's own agents: what was too large for a message is given as the value.
    handle: withWholeInput(options.handle, createWholeAssignments(payloads)),
    artefactsOf: payloads.artefactsOf,
    newMessageId: newUuid,
    onTrouble,
  });
  if (env.rabbitmqUrl !== undefined) await agent.start();
  return async () => {
    await agent.stop();
    await responses.stop();
    await engine.stop();
    await system.stop();
  };
}

async function untilServed({ fleet }: AgentSystem, instance: string): Promise<void> {
  const until = Date.now() + MEETING_MS;
  while (!fleet.now().some(({ record, state }) => record.instance === instance && state === 'online')) {
    if (Date.now() > until) throw new Error(`No agent came online within ${MEETING_MS / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readQueueAge({ beatSql, broker }: Ports): Promise<number> {
  const [row] = await beatSql<{ age: number | null }[]>`
    SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float8 * 1000 AS age FROM outbox`;
  const depths = await broker.depths();
  return Math.max(0, row?.age ?? 0, ...depths.map(({ oldestAgeMs }) => oldestAgeMs ?? 0));
}
