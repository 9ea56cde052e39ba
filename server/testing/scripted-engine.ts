import { setTimeout } from 'node:timers/promises';
import { connectDatabase, connectEngine, type Sql } from '#db/client.ts';
import type { AgentHandler, ArtefactAccess } from '#server/agents/agent.ts';
import { createDispatcher, type Dispatcher, type FleetEntry } from '#server/agents/dispatcher.ts';
import { createLocalCarrier } from '#server/agents/local-carrier.ts';
import { queueNamesFor } from '#server/agents/queues.ts';
import { type AuditReport, audit } from '#server/auditor/audit.ts';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker } from '#server/broker/port.ts';
import { openDbClock } from '#server/coordinator/db-clock.ts';
import { createEngine, type Engine } from '#server/coordinator/engine.ts';
import type { LargePayloads } from '#server/coordinator/needs.ts';
import type { NewRun } from '#server/coordinator/new-run.ts';
import { createNudges } from '#server/coordinator/nudges.ts';
import type { PausePoints } from '#server/coordinator/pause-points.ts';
import type { RunPlan } from '#server/coordinator/run-plan.ts';
import type { EngineDefaults, Reply } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { HandOut } from '#server/domain/hands.ts';
import {
  type AgentId,
  DEFAULT_ORG_ID,
  fromUuid,
  makeId,
  parseTaskId,
  type RunId,
  type VersionId,
} from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { AgentState } from '#server/domain/routing.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import type { HotState } from '#server/redis/port.ts';
import { createGraphStore } from './graph-store.ts';

export interface ScriptedOptions {
  url: string;
  /** What agents do, by capability. One local agent offers them all. */
  handlers: Record<string, AgentHandler>;
  /** Kept from one engine to the next: a process that starts again. */
  agentId?: AgentId;
  maxConcurrency?: number;
  defaults?: Partial<EngineDefaults>;
  /** Over all engines that have the same. */
  maxConcurrentTasks?: number;
  /** Shared by engines that tell each other what may be waited for. */
  hot?: HotState;
  /** False: a process without the coordinator's role. It decides on what it is told and looks for nothing. */
  coordinates?: boolean;
  points?: PausePoints;
  broker?: Broker;
  beatMs?: number;
  sweepMs?: number;
  /** Batches under way at once, each on a session of its own. */
  lanes?: number;
  /** How long a statement may take; left out: as always. */
  statementMs?: number;
  /** Damages the commits on purpose, to prove that damage is noticed. */
  mutateCommits?(lane: Sql): Sql;
  onTrouble?(trouble: string): void;
  /** False holds signs of life back. */
  mayBeat?(): boolean;
  onProgress?(plan: RunPlan): void;
  /** The clock of its machine. */
  localNow?(): number;
  /** Left out: nothing is large. */
  payloads?: LargePayloads;
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
  /** The same for a version that is stored already; the answer is as the engine gave it. */
  startVersion(versionId: VersionId, input: Json, more: Partial<NewRun>): Promise<StartAnswer>;
  /** Resolves when the run is over, in this process's eyes. */
  ended(runId: RunId): Promise<RunState>;
  tell: Engine['tell'];
  audit(): Promise<AuditReport>;
  /** An orderly end: what is under way has so long to finish, and the rest is given back at no charge. */
  leave(graceMs: number): Promise<void>;
  /** Tasks in the hands of its agents. */
  working(): number;
}

export interface StartAnswer {
  runId: RunId;
  reply: Reply;
}

const NO_OBJECTS: ArtefactAccess = {
  put: () => Promise.reject(new Error('this test has no object store')),
  get: () => Promise.reject(new Error('this test has no object store')),
};

export async function createScriptedEngine(options: ScriptedOptions): Promise<ScriptedEngine> {
  const uuid = createUuidSource(Date.now);
  const { url, statementMs } = options;
  const short = { url, isShort: true, ...(statementMs === undefined ? {} : { statementMs }) };
  const sql = connectEngine({ ...short, applicationName: 'test-engine', max: 2 });
  const lanes = Array.from({ length: options.lanes ?? 2 }, (_, lane) =>
    connectEngine({ ...short, applicationName: `test-engine-lane-${lane + 1}`, max: 1 }),
  );
  const plain = connectDatabase({ ...short, applicationName: 'test-engine-reads', max: 2 });
  const agentId = options.agentId ?? makeId('agent', uuid());
  const graphs = createGraphStore(plain, uuid);
  const waiters = new Map<RunId, ((state: RunState) => void)[]>();
  const over = new Map<RunId, RunState>();
  const troubles: string[] = [];

  const carrier = createLocalCarrier({
    handlerOf: () => (assignment, context) => {
      const handler = options.handlers[assignment.capability];
      if (!handler) throw new Error(`the test has no handler for ${assignment.capability}`);
      return handler(assignment, context);
    },
    artefactsOf: () => NO_OBJECTS,
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
        if (options.mayBeat && !options.mayBeat()) return;
        const task = parseTaskId(handOut.taskId)?.index ?? -1;
        const said = progress ? { progress: progress.fraction } : {};
        void engine
          .tell(handOut.runId, { type: 'beat', task, epoch: handOut.epoch, agent: handOut.agent, ...said })
          .then((reply) => {
            if (!reply.ok) carrier.stop({ ...handOut, reason: reply.message });
          })
          .catch(() => undefined);
      },
      log: () => undefined,
    },
  });
  const dispatcher = createDispatcher({
    queuesFor: queueNamesFor,
    carriers: { local: carrier },
    onRoom: (sources) => {
      for (const source of sources) engine?.offerWaiting(source);
    },
  });
  const nudges = options.hot && createNudges({ hot: options.hot, me: agentId });
  const broker = options.broker ?? createEmbeddedBroker({});
  if (!options.broker) await broker.start();
  const engine: Engine = createEngine({
    sql,
    lanes: options.mutateCommits ? lanes.map(options.mutateCommits) : lanes,
    graphOf: graphs.graphOf,
    hands: dispatcher,
    broker,
    random: Math.random,
    clock: await openDbClock(sql, options.localNow ?? Date.now),
    ...(options.defaults ? { defaults: options.defaults } : {}),
    ...(options.points ? { points: options.points } : {}),
    ...(options.payloads ? { payloads: options.payloads } : {}),
    sweepMs: options.sweepMs ?? 50,
    maxConcurrentTasks: options.maxConcurrentTasks,
    ...(nudges ? { nudge: nudges.send } : {}),
    onProgress(plan) {
      options.onProgress?.(plan);
      const { state } = plan.decision;
      if (!isRunOver(state.status)) return;
      over.set(state.id, state);
      for (const resolve of waiters.get(state.id) ?? []) resolve(state);
      waiters.delete(state.id);
    },
    onTrouble(message, error) {
      const trouble = `${message} ${String(error)}`;
      troubles.push(trouble);
      options.onTrouble?.(trouble);
    },
  });
  const hasAgent = Object.keys(options.handlers).length > 0;
  const join = (state: AgentState): void =>
    dispatcher.setFleet(hasAgent ? [{ ...scriptedAgent(agentId, options), state }] : []);
  join('online');
  await nudges?.listen(engine.hear);
  if (options.coordinates ?? true) await engine.start(new Set(options.agentId ? [options.agentId] : []));

  const stored = new WeakMap<GraphInput, Promise<VersionId>>();

  function versionOf(graph: GraphInput): Promise<VersionId> {
    const known = stored.get(graph) ?? graphs.store(graph);
    stored.set(graph, known);
    return known;
  }

  async function startVersion(
    versionId: VersionId,
    input: Json,
    more: Partial<NewRun>,
  ): Promise<StartAnswer> {
    const run: NewRun = {
      id: fromUuid('run', uuid()),
      orgId: DEFAULT_ORG_ID,
      pipelineId: null,
      versionId,
      graph: await graphs.graphOf(versionId),
      input,
      parameters: {},
      metadata: {},
      notification: null,
      trigger: 'test',
      ...more,
    };
    return { runId: run.id, reply: await engine.startRun({ run }) };
  }

  async function giveBack({ runId, taskId, epoch, agent }: HandOut): Promise<void> {
    await engine.tell(runId, { type: 'release', task: parseTaskId(taskId)?.index ?? -1, epoch, agent });
  }

  async function close(): Promise<void> {
    carrier.stopAll('the test is over');
    await engine.stop();
    await nudges?.stop();
    carrier.close();
    if (!options.broker) await broker.stop();
    for (const lane of lanes) await lane.end({ timeout: 2 });
    await sql.end({ timeout: 2 });
    await plain.end({ timeout: 2 });
  }

  return {
    engine,
    sql: plain,
    agentId,
    dispatcher,
    troubles,
    async start(graph, input = null, more = {}) {
      const { runId, reply } = await startVersion(await versionOf(graph), input, more);
      if (!reply.ok) throw new Error(reply.message);
      return runId;
    },
    startVersion,
    ended(runId) {
      const done = over.get(runId);
      if (done) return Promise.resolve(done);
      return new Promise((resolve) => waiters.set(runId, [...(waiters.get(runId) ?? []), resolve]));
    },
    tell: engine.tell,
    audit: () => audit({ sql: plain, graphOf: graphs.graphOf }),
    working: carrier.working,
    async leave(graceMs) {
      join('draining');
      await engine.standDown();
      const patience = Date.now() + graceMs;
      while (carrier.working() > 0 && Date.now() < patience) await setTimeout(10);
      await Promise.all(carrier.giveUp().map(giveBack));
      await close();
    },
    [Symbol.asyncDispose]: close,
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
