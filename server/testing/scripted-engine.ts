import { connectDatabase, connectEngine, type Sql } from '#db/client.ts';
import type { AgentHandler, ArtefactAccess } from '#server/agents/agent.ts';
import { createDispatcher, type Dispatcher, type FleetEntry } from '#server/agents/dispatcher.ts';
import { createLocalCarrier } from '#server/agents/local-carrier.ts';
import { type AuditReport, audit } from '#server/auditor/audit.ts';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker } from '#server/broker/port.ts';
import { capabilityQueue } from '#server/broker/topology.ts';
import { createEngine, type Engine } from '#server/coordinator/engine.ts';
import type { NewRun } from '#server/coordinator/new-run.ts';
import type { PausePoints } from '#server/coordinator/pause-points.ts';
import type { RunPlan } from '#server/coordinator/run-plan.ts';
import type { EngineDefaults, Reply } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { type CompiledGraph, compileGraph } from '#server/domain/graph/compile.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import {
  type AgentId,
  DEFAULT_ORG_ID,
  fromUuid,
  makeId,
  parseTaskId,
  type RunId,
  toUuid,
  type VersionId,
} from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { createUuidSource } from '#server/platform/ids.ts';

export interface ScriptedOptions {
  url: string;
  /** What agents do, by capability. One local agent offers them all. */
  handlers: Record<string, AgentHandler>;
  /** Kept from one engine to the next: a process that starts again. */
  agentId?: AgentId;
  maxConcurrency?: number;
  defaults?: Partial<EngineDefaults>;
  points?: PausePoints;
  broker?: Broker;
  beatMs?: number;
  sweepMs?: number;
  onProgress?(plan: RunPlan): void;
}

/** An engine on a real database whose agents are functions of the test. */
export interface ScriptedEngine extends AsyncDisposable {
  engine: Engine;
  sql: Sql;
  agentId: AgentId;
  dispatcher: Dispatcher;
  troubles: string[];
  /** Stores the graph as a version, once for each object, and starts a run of it. */
  start(graph: GraphInput, input?: Json, more?: Partial<NewRun>): Promise<RunId>;
  /** Resolves when the run is over, in this process's eyes. */
  ended(runId: RunId): Promise<RunState>;
  tell: Engine['tell'];
  audit(): Promise<AuditReport>;
}

const NO_OBJECTS: ArtefactAccess = {
  put: () => Promise.reject(new Error('this test has no object store')),
  get: () => Promise.reject(new Error('this test has no object store')),
};

export async function createScriptedEngine(options: ScriptedOptions): Promise<ScriptedEngine> {
  const uuid = createUuidSource(Date.now);
  const sql = connectEngine({ url: options.url, applicationName: 'test-engine', max: 2 });
  const lanes = [1, 2].map((lane) =>
    connectEngine({ url: options.url, applicationName: `test-engine-lane-${lane}`, max: 1 }),
  );
  const plain = connectDatabase({ url: options.url, applicationName: 'test-engine-reads', max: 2 });
  const agentId = options.agentId ?? makeId('agent', uuid());
  const graphs = new Map<VersionId, CompiledGraph>();
  const waiters = new Map<RunId, ((state: RunState) => void)[]>();
  const over = new Map<RunId, RunState>();
  const troubles: string[] = [];

  const carrier = createLocalCarrier({
    handlerOf: () => (assignment, context) => {
      const handler = options.handlers[assignment.capability];
      if (!handler) throw new Error(`the test has no handler for ${assignment.capability}`);
      return handler(assignment, context);
    },
    objects: NO_OBJECTS,
    beatMs: options.beatMs ?? 5000,
    reports: {
      result(handOut, outcome) {
        dispatcher.settled(handOut.taskId, handOut.agent);
        const task = parseTaskId(handOut.taskId)?.index ?? -1;
        void engine
          .tell(handOut.runId, { type: 'result', task, epoch: handOut.epoch, agent: handOut.agent, outcome })
          .catch(() => undefined);
      },
      beat(handOut, progress) {
        const task = parseTaskId(handOut.taskId)?.index ?? -1;
        const said = progress ? { progress: progress.fraction } : {};
        void engine
          .tell(handOut.runId, { type: 'beat', task, epoch: handOut.epoch, agent: handOut.agent, ...said })
          .catch(() => undefined);
      },
      log: () => undefined,
    },
  });
  const dispatcher = createDispatcher({
    queues: {
      shared: (_, capability) => capabilityQueue(capability),
      own: (_, agent) => `agent.${agent}.task`,
    },
    carriers: { local: carrier },
    maxConcurrentTasks: 100_000,
    onRoom: (capabilities) => {
      for (const capability of capabilities) engine?.offerWaiting(capability);
    },
  });
  const broker = options.broker ?? createEmbeddedBroker({});
  if (!options.broker) await broker.start();
  const engine: Engine = createEngine({
    sql,
    lanes,
    graphOf,
    hands: dispatcher,
    broker,
    random: Math.random,
    localNow: Date.now,
    ...(options.defaults ? { defaults: options.defaults } : {}),
    ...(options.points ? { points: options.points } : {}),
    sweepMs: options.sweepMs ?? 50,
    onProgress(plan) {
      options.onProgress?.(plan);
      const { state } = plan.decision;
      if (!isRunOver(state.status)) return;
      over.set(state.id, state);
      for (const resolve of waiters.get(state.id) ?? []) resolve(state);
      waiters.delete(state.id);
    },
    onTrouble: (message, error) => troubles.push(`${message} ${String(error)}`),
  });
  dispatcher.setFleet([scriptedAgent(agentId, options)]);
  await engine.start(options.agentId ? new Set([options.agentId]) : new Set());

  async function graphOf(versionId: VersionId): Promise<CompiledGraph> {
    const known = graphs.get(versionId);
    if (known) return known;
    const [row] = await plain<
      { graph: Json }[]
    >`SELECT graph FROM versions WHERE id = ${toUuid(versionId)}::text::uuid`;
    if (!row) throw new Error(`there is no version ${versionId}`);
    const graph = compileGraph(graphSchema.parse(row.graph));
    graphs.set(versionId, graph);
    return graph;
  }

  const stored = new WeakMap<GraphInput, Promise<VersionId>>();

  function versionOf(graph: GraphInput): Promise<VersionId> {
    const known = stored.get(graph) ?? storeVersion(graph);
    stored.set(graph, known);
    return known;
  }

  async function storeVersion(graph: GraphInput): Promise<VersionId> {
    const id = makeId('ver', uuid());
    const document = JSON.stringify(graphSchema.parse(graph));
    await plain`INSERT INTO versions (id, org_id, number, graph, content_hash)
      VALUES (${toUuid(id)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 1, ${document}::text::json, ${id})`;
    return id;
  }

  return {
    engine,
    sql: plain,
    agentId,
    dispatcher,
    troubles,
    async start(graph, input = null, more = {}) {
      const versionId = await versionOf(graph);
      const id = fromUuid('run', uuid());
      const run: NewRun = {
        id,
        orgId: DEFAULT_ORG_ID,
        pipelineId: null,
        versionId,
        graph: await graphOf(versionId),
        input,
        parameters: {},
        metadata: {},
        notification: null,
        trigger: 'test',
        deadlineAt: null,
        ...more,
      };
      const reply: Reply = await engine.startRun({ run });
      if (!reply.ok) throw new Error(reply.message);
      return run.id;
    },
    ended(runId) {
      const done = over.get(runId);
      if (done) return Promise.resolve(done);
      return new Promise((resolve) => waiters.set(runId, [...(waiters.get(runId) ?? []), resolve]));
    },
    tell: engine.tell,
    audit: () => audit({ sql: plain, graphOf }),
    async [Symbol.asyncDispose]() {
      carrier.stopAll('the test is over');
      await engine.stop();
      carrier.close();
      if (!options.broker) await broker.stop();
      for (const lane of lanes) await lane.end({ timeout: 2 });
      await sql.end({ timeout: 2 });
      await plain.end({ timeout: 2 });
    },
  };
}

/** One local agent that offers everything the test has a handler for. */
function scriptedAgent(id: AgentId, options: ScriptedOptions): FleetEntry {
  return {
    id,
    name: 'scripted',
    orgId: DEFAULT_ORG_ID,
    transport: 'local',
    capabilities: new Set(Object.keys(options.handlers)),
    labels: new Set(),
    state: 'online',
    maxConcurrency: options.maxConcurrency ?? 1000,
    failureShare: 0,
    latencyMs: null,
  };
}
