import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readQueueFacts } from '#db/queries/queue-facts.ts';
import type { AgentHandler } from '#server/agents/agent.ts';
import { type App, compose } from '#server/compose.ts';
import type { Ports } from '#server/compose-ports.ts';
import type { RunPlan } from '#server/coordinator/run-plan.ts';
import { DEFAULT_ORG_ID, type PipelineId, type RunId, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { type Env, readEnv } from '#server/platform/env.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import type { ServiceUrls } from '../subject.ts';
import { CAPABILITIES } from './stages.ts';

/** Tasks that one process works on at once: as many as the fan-out is wide, and more than a batch. */
const CONCURRENCY = 1000;
/** How long an engine that has just met its agents is given before it must see them, on a busy machine. */
const MEETING_MS = 30_000;
/** What one process has sealed another can read. */
const SECRET_KEYS = `bench:${Buffer.alloc(32, 7).toString('base64')}`;

interface CoordinatorOptions {
  /** Its data folder is its own; the folder above it is shared by all processes of the subject. */
  urls: ServiceUrls;
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

/** One process with the engine and its agents: the product, without its doors. */
export interface Coordinator {
  ports: Ports;
  startRun(order: RunOrder): Promise<void>;
  /** Whether others are told which runs have moved. */
  announce(isOn: boolean): void;
  /** Age of the oldest that waits: a message in the outbox, or a task in a queue. */
  queueAgeMs(): Promise<number>;
  stop(): Promise<void>;
}

/** With `amqpUrl` the agents work over the broker, without it they are called. */
export async function startCoordinator({ urls, handle, onEnded }: CoordinatorOptions): Promise<Coordinator> {
  const env = toEnv(urls);
  await mkdir(env.dataDir, { recursive: true });
  let isTold = true;
  const agent = {
    name: 'bench',
    version: '1',
    capabilities: CAPABILITIES,
    maxConcurrency: CONCURRENCY,
    handle,
  };
  const app = await compose({
    ...{ env, logger: createLogger(env.logLevel), metrics: createMetrics(), onStep: () => undefined },
    rig: { agents: [agent], onCommitted: tellEnds(onEnded), isTold: () => isTold },
  });
  const { ports } = app.inside;
  await untilServed(app, env);

  return {
    ports,
    announce(isOn) {
      isTold = isOn;
    },
    async startRun({ runId, versionId, pipelineId = null, input }) {
      const graph = await app.services.graphOf(versionId);
      const run = {
        ...{ id: runId, orgId: DEFAULT_ORG_ID, pipelineId, versionId, graph, input },
        ...{ parameters: {}, metadata: {}, notification: null, trigger: 'bench' },
      };
      const reply = await app.services.engine.startRun({ run });
      if (!reply.ok) throw new Error(reply.message);
    },
    queueAgeMs: () => readQueueAge(ports),
    stop: app.stop,
  };
}

function toEnv({ databaseUrl, redisUrl, amqpUrl, dataDir }: ServiceUrls): Env {
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RABBITMQ_URL: amqpUrl,
    SIGNALBOX_ROLES: 'coordinator,agents',
    SIGNALBOX_DATA_DIR: dataDir,
    SIGNALBOX_OBJECT_STORE: join(dirname(dataDir), 'objects'),
    SIGNALBOX_SECRET_KEYS: SECRET_KEYS,
    LOG_LEVEL: 'warn',
  };
  return readEnv(source, dataDir);
}

const tellEnds =
  (onEnded: CoordinatorOptions['onEnded']) =>
  ({ decision: { state } }: RunPlan): void => {
    if (!isRunOver(state.status)) return;
    const error = state.error?.message ?? null;
    onEnded({ runId: state.id, output: state.tasks.at(-1)?.output ?? null, error });
  };

/** Until the engine sees the agent of this process. */
async function untilServed({ inside: { fleet } }: App, { dataDir }: Env): Promise<void> {
  const own = readOrCreateSecret(join(dataDir, 'instance')).slice(0, 12);
  const isOwn = ({ instance }: { instance: string }) => instance.endsWith(own);
  const until = Date.now() + MEETING_MS;
  while (!fleet.now().some(({ record, state }) => isOwn(record) && state === 'online')) {
    if (Date.now() > until) throw new Error(`No agent came online within ${MEETING_MS / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readQueueAge({ beatSql, broker }: Ports): Promise<number> {
  const [row] = await beatSql<{ age: number | null }[]>`
    SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float8 * 1000 AS age FROM outbox`;
  const [depths, facts] = await Promise.all([broker.depths(), readQueueFacts(beatSql)]);
  const ages = [...depths.map(({ oldestAgeMs }) => oldestAgeMs), ...facts.map(({ oldestMs }) => oldestMs)];
  return Math.max(0, row?.age ?? 0, ...ages.map((age) => age ?? 0));
}
