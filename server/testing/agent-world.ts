import { randomBytes, randomUUID } from 'node:crypto';
import { expect, onTestFinished, vi } from 'vitest';
import { connectEngine } from '#db/client.ts';
import type { BuiltinAgent } from '#server/agents/agent.ts';
import { type AgentSystem, type AgentSystemOptions, createAgentSystem } from '#server/agents/system.ts';
import { audit } from '#server/auditor/audit.ts';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { openDbClock } from '#server/coordinator/db-clock.ts';
import { createEngine, type Engine, type EngineOptions } from '#server/coordinator/engine.ts';
import { NO_PAUSES, type PausePoints } from '#server/coordinator/pause-points.ts';
import { createReportIntake, type ReportIntake } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer, type ResponseConsumer } from '#server/coordinator/response-consumer.ts';
import type { Reply } from '#server/domain/engine/happenings.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, makeId, type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createGraphStore } from './graph-store.ts';

export interface WorldOptions {
  /** Left out: the embedded broker. */
  rabbitmqUrl?: string;
  builtins?: readonly BuiltinAgent[];
  points?: PausePoints;
  engine?: Partial<EngineOptions>;
  agents?: Partial<AgentSystemOptions>;
}

/** One process with the engine. */
interface Program {
  engine: Engine;
  agents: AgentSystem;
  reports: ReportIntake;
  responses: ResponseConsumer;
}

export interface TaskFacts {
  status: TaskStatus;
  epoch: number;
  attempt: number;
  losses: number;
  agent_id: string | null;
  output: Json;
  error: { class: string; code: string; message: string } | null;
  wait: { code: string } | null;
  progress: number;
  due_at: string | null;
}

export interface World extends AsyncDisposable {
  database: TestDatabase;
  hot: HotState;
  broker: Broker;
  program(): Program;
  /** Whatever went wrong in the background. */
  troubles: string[];
  startRun(graph: GraphInput, input?: Json, orgId?: OrgId): Promise<RunId>;
  cancel(runId: RunId): Promise<Reply>;
  task(runId: RunId, index?: number): Promise<TaskFacts | undefined>;
  runStatus(runId: RunId): Promise<RunStatus | undefined>;
  untilOver(runId: RunId): Promise<RunStatus>;
  /** Every invariant holds in the rows. */
  expectSound(): Promise<void>;
  /** The process ends without a word, and starts again. */
  restart(): Promise<void>;
}

const PATIENCE = { timeout: 60_000, interval: 10 };

/** Waits for a condition, never for a time. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, PATIENCE);
}

export const TEST_BEAT_MS = 200;
export const TEST_LEASE_MS = 5000;

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('no object store in this test')),
  get: () => Promise.reject(new Error('no object store in this test')),
};

/** An engine with agents around it, on a database of its own. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const database = await createTestDatabase();
  const engineSql = connectEngine({ url: database.url, applicationName: 'engine', max: 2 });
  const lanes = [1, 2].map((lane) =>
    connectEngine({ url: database.url, applicationName: `engine-lane-${lane}`, max: 1 }),
  );
  const hot = createMemoryHotState();
  await hot.start();
  const broker = makeBroker(options.rabbitmqUrl);
  await broker.start();
  const troubles: string[] = [];
  const onTrouble = (message: string, error: unknown): void => {
    troubles.push(`${message} ${error instanceof Error ? error.message : String(error)}`);
  };
  const newUuid = createUuidSource(Date.now);
  const graphs = createGraphStore(database.sql, newUuid);
  const fetch = createSafeFetch({ allow: ['127.0.0.0/8'] });
  const points = options.points ?? NO_PAUSES;

  async function startProgram(): Promise<Program> {
    const agents = createAgentSystem({
      ...{
        sql: database.sql,
        hot,
        broker,
        fetch,
        artefactsOf: () => NO_OBJECTS,
        orgId: DEFAULT_ORG_ID,
        newUuid,
        onTrouble,
      },
      instance: 'test',
      builtins: options.builtins ?? [],
      maxAgents: 100,
      now: Date.now,
      beatMs: TEST_BEAT_MS,
      refreshMs: 50,
      ...options.agents,
    });
    const engine = createEngine({
      ...{ sql: engineSql, lanes, broker, points, onTrouble },
      graphOf: graphs.graphOf,
      hands: agents.hands,
      random: Math.random,
      clock: await openDbClock(database.sql, Date.now),
      sweepMs: 50,
      defaults: { leaseMs: TEST_LEASE_MS, redeliverMs: 1000 },
      onProgress: agents.onProgress,
      ...options.engine,
    });
    const reports = createReportIntake({ sql: database.sql, hot, engine, now: Date.now, onTrouble });
    agents.connect({ engine, reports });
    await engine.start(await agents.start());
    await agents.takeUp();
    const responses = createResponseConsumer({ broker, sink: reports, desk: agents.desk, points, onTrouble });
    await responses.start();
    return { engine, agents, reports, responses };
  }

  let program = await startProgram();

  async function endProgram({ engine, agents, responses }: Program): Promise<void> {
    await responses.stop();
    await engine.stop();
    await agents.stop();
  }

  async function startRun(graph: GraphInput, input: Json = null, orgId = DEFAULT_ORG_ID): Promise<RunId> {
    const versionId = await graphs.store(graph);
    const compiled = await graphs.graphOf(versionId);
    const id = makeId('run', newUuid());
    const run = { id, orgId, pipelineId: null, versionId, graph: compiled, input };
    const rest = { parameters: {}, metadata: {}, notification: null, trigger: 'test' };
    await program.engine.startRun({ run: { ...run, ...rest } });
    return id;
  }

  async function runStatus(runId: RunId): Promise<RunStatus | undefined> {
    const [row] = await database.sql<{ status: RunStatus }[]>`
      SELECT status FROM runs WHERE id = ${toUuid(runId)}::text::uuid`;
    return row?.status;
  }

  return {
    ...{ database, hot, broker, troubles, startRun, runStatus },
    program: () => program,
    cancel: (runId) => program.engine.tell(runId, { type: 'cancel', graceMs: 10_000 }),
    async task(runId, index = 0) {
      const [row] = await database.sql<TaskFacts[]>`
        SELECT status, epoch, attempt, losses, agent_id::text, output, error, wait, progress, due_at::text
        FROM tasks WHERE run_id = ${toUuid(runId)}::text::uuid AND idx = ${index}::int`;
      return row;
    },
    untilOver: (runId) =>
      eventually(async () => {
        const status = await runStatus(runId);
        if (!status || !isRunOver(status))
          throw new Error(`the run is ${status}; troubles: ${troubles.join('; ')}`);
        return status;
      }),
    async expectSound() {
      const { findings } = await audit({ sql: database.sql, graphOf: graphs.graphOf });
      expect(findings).toEqual([]);
    },
    async restart() {
      await endProgram(program);
      program = await startProgram();
    },
    async [Symbol.asyncDispose]() {
      await endProgram(program);
      fetch.close();
      await broker.stop();
      await hot.stop();
      for (const lane of lanes) await lane.end({ timeout: 2 });
      await engineSql.end({ timeout: 2 });
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The same, closed when the test is over. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

function makeBroker(rabbitmqUrl: string | undefined): Broker {
  if (rabbitmqUrl === undefined) return createEmbeddedBroker();
  return createRabbitmqBroker({ url: rabbitmqUrl, namespace: `w${randomBytes(6).toString('hex')}` });
}

export const newMessageId = (): string => randomUUID();
