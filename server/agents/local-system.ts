import type { Sql } from '#db/client.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { AgentId, OrgId, RunId } from '#server/domain/ids.ts';
import type { HotState } from '#server/redis/port.ts';
import type { BuiltinAgent } from './agent.ts';
import { createDispatcher, type Dispatcher, type FleetEntry } from './dispatcher.ts';
import { type LocalAgent, markState, registerLocalAgents } from './local-registry.ts';
import { createLocalWork } from './local-work.ts';
import type { Payloads } from './payloads.ts';
import { createTaskLogs } from './task-logs.ts';

export interface LocalSystemOptions {
  /** For logs and signs of life: not the engine's connections. */
  sql: Sql;
  hotState: HotState;
  payloads: Payloads;
  orgId: OrgId;
  instance: string;
  maxConcurrentTasks: number;
  queues: Parameters<typeof createDispatcher>[0]['queues'];
  newUuid(): string;
  now(): number;
  /** The engine, which is made after its hands. */
  tell(runId: RunId, happening: Happening): Promise<Reply>;
  offerWaiting(capability: string): void;
  onTrouble(message: string, error: unknown): void;
}

export interface LocalSystem {
  hands: Dispatcher;
  /** Enters the agents, and says which of them an earlier process had: what those held nobody holds. */
  start(agents: readonly BuiltinAgent[]): Promise<ReadonlySet<AgentId>>;
  /** Takes nothing new, waits for what is under way up to `graceMs`, and gives the rest back. */
  drain(graceMs: number): Promise<void>;
  stop(): Promise<void>;
}

const PRESENCE_MS = 5_000;

/** The agents that live in this process, between the engine's hands and the registry. */
export function createLocalSystem(options: LocalSystemOptions): LocalSystem {
  const logs = createTaskLogs(options.sql, options.onTrouble);
  let agents: LocalAgent[] = [];
  let presence: NodeJS.Timeout | undefined;
  const work = createLocalWork({
    payloads: options.payloads,
    logs,
    handlerOf: (id) => agents.find((agent) => agent.id === id)?.handle,
    now: options.now,
    settled: (taskId, agent) => hands.settled(taskId, agent),
    tell: options.tell,
    onTrouble: options.onTrouble,
  });
  const hands = createDispatcher({
    queues: options.queues,
    carriers: { local: work },
    maxConcurrentTasks: options.maxConcurrentTasks,
    onRoom: (capabilities) => {
      for (const capability of capabilities) options.offerWaiting(capability);
    },
  });

  function showPresence(): void {
    for (const agent of agents) {
      const load = hands.inFlight(agent.id) / agent.maxConcurrency;
      const data = JSON.stringify({ load, at: options.now() });
      // Presence is hot state: when it is away, nobody is harmed.
      options.hotState.beat('agent', agent.id, data, PRESENCE_MS * 3).catch(() => undefined);
    }
  }

  return {
    hands,
    async start(builtins) {
      agents = await registerLocalAgents(options.sql, builtins, options);
      hands.setFleet(agents.map((agent) => entryOf(agent, 'online')));
      showPresence();
      presence = setInterval(showPresence, PRESENCE_MS).unref();
      return new Set(agents.filter((agent) => agent.generation > 1).map((agent) => agent.id));
    },
    async drain(graceMs) {
      hands.setFleet(agents.map((agent) => entryOf(agent, 'draining')));
      const until = options.now() + graceMs;
      while (work.held() > 0 && options.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 20));
      await work.giveBack('the server is stopping');
    },
    async stop() {
      clearInterval(presence);
      work.close();
      await logs.flush();
      await Promise.all(
        agents.map((agent) => options.hotState.leave('agent', agent.id).catch(() => undefined)),
      );
      if (agents.length > 0) await markState(options.sql, agents, 'offline').catch(() => undefined);
    },
  };
}

function entryOf(agent: LocalAgent, state: FleetEntry['state']): FleetEntry {
  return {
    id: agent.id,
    name: agent.name,
    transport: 'local',
    capabilities: new Set(agent.capabilities),
    labels: new Set(),
    state,
    maxConcurrency: agent.maxConcurrency,
    failureShare: 0,
    latencyMs: null,
  };
}
