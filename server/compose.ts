import { join } from 'node:path';
import { migrate } from '#db/migrate.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { readServerKey } from '#db/queries/server-key.ts';
import { orgOfRun } from '#db/queries/stored-objects.ts';
import { seed } from '#db/seed/seed.ts';
import { refuseSharedSessions } from '#db/sessions.ts';
import type { DoorDatabase } from '#db/tenant.ts';
import type { BuiltinAgent } from '#server/agents/agent.ts';
import type { CallMcpTool } from '#server/agents/builtin/mcp-tool.ts';
import { createPayloads } from '#server/agents/payloads.ts';
import type { Fleet } from '#server/agents/registry/fleet.ts';
import { createSharedFiles } from '#server/agents/workspace/shared.ts';
import { createWorkspaces } from '#server/agents/workspace/workspaces.ts';
import { createAggregator } from '#server/analytics/aggregator.ts';
import { tenantOfQueue } from '#server/broker/topology.ts';
import { openDbClock } from '#server/coordinator/db-clock.ts';
import { createEngine, type Engine } from '#server/coordinator/engine.ts';
import { createNudges, type Nudges } from '#server/coordinator/nudges.ts';
import { createRetention } from '#server/coordinator/retention.ts';
import type { RunPlan } from '#server/coordinator/run-plan.ts';
import { readRunStream } from '#server/coordinator/run-stream.ts';
import { noteGuards, shownIdentity } from '#server/identity/audit/guards.ts';
import {
  type IdentityConfig,
  NO_IDENTITY,
  readIdentityConfig,
  refuseIdleSignIn,
} from '#server/identity/config.ts';
import { createIdentity } from '#server/identity/identity.ts';
import { type Conditions, createConditions } from '#server/platform/conditions.ts';
import { createDocumentDesk } from '#server/platform/documents/desk.ts';
import type { Env } from '#server/platform/env.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { createSafeFetch, type SafeFetch } from '#server/platform/safe-fetch.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import { createAnnouncer } from '#server/realtime/announcer.ts';
import { readNudge } from '#server/realtime/nudge.ts';
import { createRelay } from '#server/realtime/relay.ts';
import { CHANNEL, PRESENCE } from '#server/redis/keys.ts';
import { createBulkWorker } from '#server/services/bulk/worker.ts';
import type { Services } from '#server/services/context.ts';
import { createCursors } from '#server/services/cursors.ts';
import { mayHear } from '#server/services/notification/may-hear.ts';
import { makeAgents } from './compose-agents.ts';
import { openRecords, type Records } from './compose-audit.ts';
import { startGateway } from './compose-gateway.ts';
import { createHealth, shownSettings, watchWorkspaces } from './compose-health.ts';
import { makeLimits } from './compose-limits.ts';
import { makeNotifications } from './compose-notifications.ts';
import { openPorts, type Ports } from './compose-ports.ts';
import { announceProgress } from './compose-progress.ts';
import { createQueueDesk } from './compose-queues.ts';

export interface App {
  readonly services: Services;
  /** For measurements: what it works with. */
  readonly inside: { ports: Ports; fleet: Fleet };
  /** Resolves when the process cannot go on, with why. */
  readonly failed: Promise<string>;
  /** Takes nothing new, finishes or gives back what is under way, and closes every client. */
  stop(): Promise<void>;
}

export interface ComposeOptions {
  env: Env;
  logger: Logger;
  metrics: Metrics;
  /** False: the data agents' processes are started when the first task needs one. */
  isWarm?: boolean;
  rig?: MeasuringRig;
  onStep(message: string): void;
}

/** What a measurement changes, so that all else is as in every process. */
export interface MeasuringRig {
  /** In place of those that come with Signalbox. */
  agents: readonly BuiltinAgent[];
  onCommitted(plan: RunPlan): void;
  /** Whether others are told which runs have moved. */
  isTold(): boolean;
}

const DRAIN_MS = 8_000;
const MAX_BACKLOG = 50_000;

/** The only place that builds clients and puts the parts together. */
export async function compose(options: ComposeOptions): Promise<App> {
  const { env, logger, onStep } = options;
  // Before anything is started: what cannot be read shall be told at once.
  const config = readIdentityConfig(env.identityFile);
  refuseIdleSignIn(config, env);
  const ports = await openPorts(env, { logger, onStep });
  try {
    return await assemble(ports, { ...options, config });
  } catch (error) {
    await ports.stop().catch((cause) => logger.error({ err: cause }, 'clients could not be closed'));
    throw error;
  }
}

async function assemble(ports: Ports, options: ComposeOptions & { config: IdentityConfig }): Promise<App> {
  const { env, logger, metrics, onStep } = options;
  const newUuid = createUuidSource(Date.now);
  await prepareDatabase(ports, onStep);
  if (await seed(ports.beatSql, newUuid)) onStep('Added the sample pipeline and the templates.');
  await Promise.all([ports.broker.start(), ports.hotState.start(), ports.objects.start()]);
  const { checkpointer, ...records } = await openRecords(env, ports, logger);
  const outbound = createSafeFetch({ allow: env.outboundAllow });
  const limits = await makeLimits(ports, { env, logger, metrics, record: records.record });
  const conditions = createConditions({ limits: env.healthLimits, now: Date.now });
  metrics.watchConditions(conditions.read);
  const { gateway, callMcpTool, connect } = await startGateway(ports, {
    ...{ env, logger, newUuid, fetch: outbound, conditions },
    ...{ secrets: records.secrets, rates: limits.parts.rates },
  });
  const db = ports.doors;
  const { engine, agents, payloads, workspaces, graphOf, nudges, announcer } = await makeEngine(ports, {
    ...{ ...options, callMcpTool, newUuid, db, conditions },
  });
  connect(engine);
  metrics.watchEngine(engine.load);
  await hearOthers(ports, engine, nudges);
  await agents.start(engine);
  const identity = await startIdentity(ports, options, { outbound, newUuid });
  const { chores, office } = makeChores({
    ...{ ...options, ...records, ports, graphOf, checkpointer, outbound, newUuid, identity },
  });
  if (env.roles.has('coordinator')) for (const chore of chores) chore.start();
  const documents = createDocumentDesk();
  let stopping = false;
  const health = createHealth(ports, { env, isStopping: () => stopping, conditions, id: newUuid() });
  const seen = { db, graphOf, presence: { list: () => ports.hotState.listPresent(PRESENCE.agents) } };
  const said: Services['said'] = (id, from) => readRunStream(ports.hotState, id, from);
  const onTrouble = (message: string, error: unknown) => logger.warn({ err: error }, message);
  const relay = createRelay({ services: seen, hot: ports.hotState, now: Date.now, onTrouble });
  const services: Services = {
    ...{ ...seen, said },
    live: relay,
    identity,
    isLocalOnly: env.isLocalOnly,
    engine,
    payloads,
    documents,
    queues: createQueueDesk(ports.broker, ports.beatSql),
    tenantOfQueue,
    agents: agents.system,
    cursors: createCursors(await readServerKey(ports.beatSql, 'list-cursors')),
    newUuid,
    now: Date.now,
    limits: { payloadMaxBytes: env.payloadMaxBytes, maxBacklog: MAX_BACKLOG, maxOutbox: env.outboxMax },
    ...records,
    ...{ notifications: office, workspaces, gateway, importVariables: env.mcp.importVariables },
    ...limits.parts,
    ...{ health, settings: shownSettings(env) },
  };
  const bulks = createBulkWorker({ services, sql: ports.beatSql, onTrouble });
  if (env.roles.has('coordinator')) bulks.start();
  const all = [...chores, documents, bulks, health];
  const parts = { relay, chores: all, limits, agents, engine, announcer, nudges };
  return {
    ...{ services, inside: { ports, fleet: agents.system.fleet } },
    failed: ports.databaseDied.then((output) => `The embedded database has ended by itself:\n${output}`),
    async stop() {
      stopping = true;
      await stopInOrder({ ...parts, gateway, identity, outbound, ports });
    },
  };
}

async function prepareDatabase(ports: Ports, onStep: ComposeOptions['onStep']): Promise<void> {
  await refuseSharedSessions(ports.lanes);
  await migrate(ports.databaseUrl, (name) => onStep(`Applying ${name}.`));
}

/** Who looks after the installation hears of it when it is guarded otherwise than at the last start. */
function noteStart({ beatSql }: Ports, { roles, guards }: Env, config: IdentityConfig): Promise<void> {
  const identity = { settings: shownIdentity(config), defaults: shownIdentity(NO_IDENTITY) };
  return noteGuards(beatSql, {
    roles: [...roles].sort().join(','),
    settings: { ...guards.settings, ...identity.settings },
    defaults: { ...guards.defaults, ...identity.defaults },
  });
}

type Stop = { stop(): unknown };
interface Running {
  relay: Stop;
  chores: readonly Stop[];
  limits: Stop;
  agents: Stop & { drain(ms: number): Promise<unknown> };
  engine: Stop;
  announcer: Stop;
  nudges: Stop;
  gateway: Stop;
  identity: Stop;
  outbound: { close(): void };
  ports: Stop;
}

/** Whoever gives work first, and last what everybody leans on. */
async function stopInOrder(running: Running): Promise<void> {
  await running.relay.stop();
  await Promise.all(running.chores.map((chore) => chore.stop()));
  await running.limits.stop();
  await running.agents.drain(DRAIN_MS);
  await running.engine.stop();
  running.announcer.stop();
  await running.nudges.stop();
  await running.agents.stop();
  await running.gateway.stop();
  await running.identity.stop();
  running.outbound.close();
  await running.ports.stop();
}

async function startIdentity(
  ports: Ports,
  { env, logger, config }: ComposeOptions & { config: IdentityConfig },
  { outbound, newUuid }: { outbound: ReturnType<typeof createSafeFetch>; newUuid: () => string },
) {
  await noteStart(ports, env, config);
  const identity = createIdentity({
    sql: ports.identitySql,
    hot: ports.hotState,
    hearsay: ports.accessNews,
    secret: readOrCreateSecret(join(env.dataDir, 'api-secret')),
    config,
    fetch: outbound,
    sessionLimits: env.sessionLimits,
    issuing: { ...env, isOn: env.mcp.isSignInOn },
    newUuid,
    now: Date.now,
    onTrouble: (message, error) => logger.warn({ err: error }, message),
  });
  await identity.start();
  return identity;
}

interface ChoreParts
  extends Pick<ComposeOptions, 'env' | 'logger' | 'metrics'>,
    Pick<Records, 'secrets' | 'checkpointer' | 'record'> {
  identity: Services['identity'];
  ports: Ports;
  graphOf: Services['graphOf'];
  outbound: SafeFetch;
  newUuid(): string;
}

/** What a coordinator does beside the engine, on its own time. */
function makeChores(parts: ChoreParts) {
  const { env, logger, metrics, ports, graphOf, secrets, checkpointer, outbound, newUuid } = parts;
  const onTrouble = (message: string, error: unknown) => logger.warn({ err: error }, message);
  const retention = createRetention({
    url: ports.databaseUrl,
    keepDays: env.retentionDays,
    collect: { objects: ports.objects, random: Math.random },
    onTrouble,
  });
  const aggregator = createAggregator({ url: ports.databaseUrl, graphOf, onTrouble });
  const told = makeNotifications({
    ...{ env, ports, secrets, fetch: outbound, logger, newUuid, metrics },
    mayHear: (delivery) => mayHear(parts, delivery),
  });
  return { chores: [retention, checkpointer, told.dispatcher, aggregator], office: told.office };
}

interface EngineParts {
  callMcpTool: CallMcpTool;
  conditions: Conditions;
  db: DoorDatabase;
  newUuid(): string;
}

async function makeEngine(ports: Ports, options: ComposeOptions & EngineParts) {
  const { env, logger, metrics, isWarm = true, rig, callMcpTool, newUuid, db, conditions } = options;
  const onTrouble = (message: string, error: unknown) => {
    metrics.countTrouble();
    logger.warn({ err: error }, message);
  };
  const graphOf = createGraphCache(ports.beatSql);
  const payloads = createPayloads({
    sql: ports.beatSql,
    objects: ports.objects,
    inlineMaxBytes: env.payloadInlineMaxBytes,
    maxBytes: env.payloadMaxBytes,
  });
  const workspaces = createWorkspaces({
    ...{ db, hot: ports.hotState, payloads, limits: env.workspaces, newUuid, now: Date.now },
    watch: watchWorkspaces(metrics, conditions),
  });
  const sharedFilesOf = createSharedFiles(workspaces, (runId) => orgOfRun(ports.beatSql, runId));
  const outside = { callMcpTool, sharedFilesOf };
  const agents = makeAgents({
    ...{ env, ports, payloads, ...outside, isWarm, newUuid, onTrouble },
    instead: rig?.agents,
  });
  const nudges = createNudges({ hot: ports.hotState, me: newUuid() });
  const announcer = createAnnouncer({ hot: ports.hotState, now: () => performance.now() });
  const announce = announceProgress({ metrics, announcer, ...rig });
  const engine: Engine = createEngine({
    sql: ports.engineSql,
    lanes: ports.lanes,
    graphOf,
    hands: agents.system.hands,
    broker: ports.broker,
    random: Math.random,
    clock: await openDbClock(ports.beatSql, Date.now),
    defaults: { taskTimeoutMs: env.taskTimeoutMs },
    payloads,
    maxConcurrentTasks: env.maxConcurrentTasks,
    nudge: nudges.send,
    onProgress(plan) {
      agents.system.onProgress(plan);
      announce(plan);
      rig?.onCommitted(plan);
    },
    onTrouble,
  });
  agents.connect(engine);
  return { engine, agents, payloads, workspaces, graphOf, nudges, announcer };
}

async function hearOthers({ hotState }: Ports, engine: Engine, nudges: Nudges): Promise<void> {
  await nudges.listen(engine.hear);
  // There are no others.
  if (hotState.state().kind === 'memory') return;
  // Reports of a run may come to any process, so what one has committed makes the others' memory of it old.
  await hotState.subscribePattern(CHANNEL.anyOrgEvents, (message) => {
    for (const [id, , seq] of readNudge(message) ?? []) engine.forgetBefore(id, { seq });
  });
}
