import { connectDatabase, connectEngine, type Sql } from '#db/client.ts';
import { createPayloads } from '#server/agents/payloads.ts';
import { createAgentSystem } from '#server/agents/system.ts';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { openDbClock } from '#server/coordinator/db-clock.ts';
import { createEngine } from '#server/coordinator/engine.ts';
import { createNudges } from '#server/coordinator/nudges.ts';
import type { PausePoints } from '#server/coordinator/pause-points.ts';
import { createReportIntake, type ReportIntakeOptions } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer } from '#server/coordinator/response-consumer.ts';
import { type AgentId, DEFAULT_ORG_ID, fromUuid } from '#server/domain/ids.ts';
import type { ReportSink } from '#server/domain/reports.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createS3Store } from '#server/platform/object-store/s3.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { createGraphStore } from '../graph-store.ts';
import type { ScriptedEngine } from '../scripted-engine.ts';
import type { BootOptions } from './protocol.ts';

export interface BrokerEngineOptions extends BootOptions {
  points: PausePoints;
  onTrouble(trouble: string): void;
}

export interface BrokerEngine extends Pick<ScriptedEngine, 'engine' | 'startVersion' | 'working' | 'leave'> {
  reports: ReportSink;
  /** As a person does who looks at the board. */
  orderAgent(agentId: AgentId, state: 'draining' | 'paused' | null): Promise<void>;
}

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('this test has no object store')),
  get: () => Promise.reject(new Error('this test has no object store')),
};

/** An engine process without agents of its own: it knows those that say hello over RabbitMQ, or are registered. */
export async function createBrokerEngine(options: BrokerEngineOptions): Promise<BrokerEngine> {
  const newUuid = createUuidSource(Date.now);
  const { url, points } = options;
  const sql = connectEngine({ url, applicationName: 'test-engine', max: 2 });
  const lanes = [1, 2].map((lane) =>
    connectEngine({ url, applicationName: `test-engine-lane-${lane}`, max: 1 }),
  );
  const plain = connectDatabase({ url, applicationName: 'test-engine-reads', max: 4 });
  const graphs = createGraphStore(plain, newUuid);
  const onTrouble = (message: string, error: unknown) => options.onTrouble(`${message} ${String(error)}`);
  const { hot, broker } = await openServices(options);
  const fetch = createSafeFetch({ allow: ['127.0.0.0/8'] });
  const agents = createAgentSystem({
    ...{
      sql: plain,
      hot,
      broker,
      fetch,
      artefactsOf: () => NO_OBJECTS,
      orgId: DEFAULT_ORG_ID,
      newUuid,
      onTrouble,
    },
    instance: options.agentId,
    builtins: [],
    maxAgents: 100,
    now: Date.now,
    beatMs: options.beatMs ?? 200,
    refreshMs: 50,
    ...(options.rereadMs === undefined ? {} : { seatsMs: options.rereadMs, compareMs: options.rereadMs }),
  });
  const nudges = createNudges({ hot, me: newUuid() });
  const engine = createEngine({
    ...{ sql, lanes, broker, points, onTrouble, graphOf: graphs.graphOf, hands: agents.hands },
    random: Math.random,
    clock: await openDbClock(sql, Date.now),
    sweepMs: options.sweepMs ?? 50,
    outboxStaleMs: 300,
    ...(options.maxBatch === undefined ? {} : { maxBatch: options.maxBatch }),
    maxConcurrentTasks: options.maxConcurrentTasks,
    nudge: nudges.send,
    defaults: { leaseMs: 60_000, redeliverMs: 1000, ...options.defaults },
    onProgress: agents.onProgress,
  });
  const reports = createReportIntake({
    ...{ sql: plain, hot, engine, now: Date.now, onTrouble },
    ...keeping(plain, options),
  });
  agents.connect({ engine, reports });
  await nudges.listen(engine.hear);
  const responses = createResponseConsumer({ broker, sink: reports, desk: agents.desk, points, onTrouble });
  const gone = await agents.start();
  if (options.coordinates ?? true) {
    await engine.start(gone);
    await responses.start();
  }

  return {
    engine,
    reports,
    working: () => 0,
    async orderAgent(agentId, state) {
      await agents.registry.order(DEFAULT_ORG_ID, agentId, { state, reason: 'a test asks for it' });
    },
    async startVersion(versionId, input, more) {
      const id = fromUuid('run', newUuid());
      const graph = await graphs.graphOf(versionId);
      const rest = { metadata: {}, notification: null, trigger: 'test', parameters: {} };
      const run = { id, orgId: DEFAULT_ORG_ID, pipelineId: null, versionId, graph, input, ...rest, ...more };
      return { runId: run.id, reply: await engine.startRun({ run }) };
    },
    async leave(graceMs) {
      await responses.stop();
      await agents.drain(graceMs);
      await engine.stop();
      await nudges.stop();
      await agents.stop();
      await broker.stop();
      await hot.stop();
      for (const pool of [...lanes, sql, plain]) await pool.end({ timeout: 2 });
    },
  };
}

function keeping(sql: Sql, { store }: BootOptions): Pick<ReportIntakeOptions, 'keepOutcome'> {
  if (!store) return {};
  const objects = createS3Store(store);
  return createPayloads({ sql, objects, inlineMaxBytes: 1024, maxBytes: 1024 * 1024 });
}

/** Those of the test, where it has some; else in the process. */
async function openServices({ redisUrl, rabbitmq }: BootOptions): Promise<{ hot: HotState; broker: Broker }> {
  const hot = redisUrl
    ? createRedisHotState({ url: redisUrl, commandTimeoutMs: 500 })
    : createMemoryHotState();
  await hot.start();
  const broker = rabbitmq
    ? createRabbitmqBroker({ ...rabbitmq, confirmTimeoutMs: 2000 })
    : createEmbeddedBroker();
  await broker.start();
  return { hot, broker };
}
