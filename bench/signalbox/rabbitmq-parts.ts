import { connectDatabase, connectEngine } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';
import type { AgentHandler } from '#server/agents/agent.ts';
import { type AmqpAgent, createAmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import { createAgentSystem } from '#server/agents/system.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { createEngine } from '#server/coordinator/engine.ts';
import { NO_PAUSES } from '#server/coordinator/pause-points.ts';
import { createReportIntake } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer } from '#server/coordinator/response-consumer.ts';
import { type CompiledGraph, compileGraph } from '#server/domain/graph/compile.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, makeId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import type { SubjectEnv } from '../subject.ts';

interface PartsOptions {
  env: SubjectEnv;
  handlers: Record<string, AgentHandler>;
  concurrency: number;
  meetingMs: number;
}

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('the benchmark has no object store')),
  get: () => Promise.reject(new Error('the benchmark has no object store')),
};

export async function startParts({ env, handlers, concurrency, meetingMs }: PartsOptions) {
  const url = env.databaseUrl ?? '';
  await migrate(url);
  const newUuid = createUuidSource(Date.now);
  const onTrouble = (message: string, error?: unknown) => console.error(message, error);
  const sql = connectDatabase({ url, applicationName: 'bench', max: 3 });
  const engineSql = connectEngine({ url, applicationName: 'bench-engine', max: 2 });
  const lanes = [0, 1].map((lane) => connectEngine({ url, applicationName: `bench-lane-${lane}`, max: 1 }));
  const hot = createRedisHotState({
    url: env.redisUrl ?? '',
    onHandlerError: (error) => onTrouble('hot state', error),
  });
  const broker = createRabbitmqBroker({
    url: env.amqpUrl ?? '',
    onHandlerError: (error) => onTrouble('broker', error),
  });
  await Promise.all([hot.start(), broker.start()]);
  const graphs = new Map<VersionId, CompiledGraph>();
  const waiting = new Map<RunId, (output: Json) => void>();

  const system = createAgentSystem({
    ...{ sql, hot, broker, newUuid, onTrouble },
    fetch: createSafeFetch({ allow: [] }),
    objects: NO_OBJECTS,
    orgId: DEFAULT_ORG_ID,
    instance: 'bench',
    builtins: [],
    maxAgents: 100,
    now: Date.now,
  });
  const engine = createEngine({
    ...{ sql: engineSql, lanes, broker, onTrouble },
    graphOf: async (id) => graphs.get(id) as CompiledGraph,
    hands: system.hands,
    random: Math.random,
    localNow: Date.now,
    onProgress(plan) {
      system.onProgress(plan);
      const { state } = plan.decision;
      if (!isRunOver(state.status)) return;
      if (state.error) onTrouble(`${state.id} failed`, state.error);
      waiting.get(state.id)?.(state.tasks.at(-1)?.output ?? null);
      waiting.delete(state.id);
    },
  });
  const reports = createReportIntake({ ...{ sql, hot, engine, onTrouble }, now: Date.now });
  system.connect({ engine, reports });
  await engine.start(await system.start());
  const responses = createResponseConsumer({
    broker,
    sink: reports,
    desk: system.desk,
    points: NO_PAUSES,
    onTrouble,
  });
  await responses.start();
  const agents = makeAgents({ handlers, concurrency, broker, newUuid, onTrouble });
  await Promise.all(agents.map((agent) => agent.start()));
  await untilServing(() => Object.keys(handlers).every((capability) => isServed(capability)), meetingMs);

  function isServed(capability: string): boolean {
    return system.fleet
      .now()
      .some(
        ({ record, state }) =>
          state === 'online' && record.capabilities.some(({ name }) => name === capability),
      );
  }

  return {
    async store(document: GraphInput): Promise<{ id: VersionId; graph: CompiledGraph }> {
      const id = makeId('ver', newUuid());
      const parsed = graphSchema.parse(document);
      await sql`INSERT INTO versions (id, org_id, number, graph, content_hash)
        VALUES (${toUuid(id)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 1, ${JSON.stringify(parsed)}::text::json, ${id})`;
      const graph = compileGraph(parsed);
      graphs.set(id, graph);
      return { id, graph };
    },
    run(start: { versionId: VersionId; graph: CompiledGraph; input: Json }): Promise<Json> {
      const id = makeId('run', newUuid());
      return new Promise((resolve, reject) => {
        waiting.set(id, resolve);
        const run = {
          ...start,
          ...{ id, orgId: DEFAULT_ORG_ID, pipelineId: null, parameters: {}, metadata: {} },
          ...{ notification: null, trigger: 'bench', deadlineAt: null },
        };
        engine.startRun({ run }).catch(reject);
      });
    },
    async settle() {
      await sql`VACUUM ANALYZE`;
    },
    async stop() {
      await Promise.all(agents.map((agent) => agent.stop()));
      await responses.stop();
      await engine.stop();
      await system.stop();
      await Promise.all([broker.stop(), hot.stop()]);
      await Promise.all([sql, engineSql, ...lanes].map((pool) => pool.end({ timeout: 2 })));
    },
  };
}

interface AgentParts extends Pick<PartsOptions, 'handlers' | 'concurrency'> {
  broker: Broker;
  newUuid(): string;
  onTrouble(message: string, error?: unknown): void;
}

function makeAgents({ handlers, concurrency, broker, newUuid, onTrouble }: AgentParts): AmqpAgent[] {
  return Object.entries(handlers).map(([capability, handle]) =>
    createAmqpAgent({
      broker,
      registration: {
        name: `bench-${capability}`,
        capabilities: [{ name: capability, version: '1' }],
        max_concurrency: concurrency,
      },
      handle,
      objects: NO_OBJECTS,
      newMessageId: newUuid,
      onTrouble,
    }),
  );
}

async function untilServing(isReady: () => boolean, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (!isReady()) {
    if (Date.now() > until) throw new Error('the agents did not come online');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
