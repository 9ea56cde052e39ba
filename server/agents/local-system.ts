import type { Sql } from '#db/client.ts';
import type { Happening, Outcome, Reply } from '#server/domain/engine/happenings.ts';
import type { HandOut } from '#server/domain/hands.ts';
import { type AgentId, type OrgId, parseTaskId, type RunId, type TaskId } from '#server/domain/ids.ts';
import type { HotState } from '#server/redis/port.ts';
import type { BuiltinAgent } from './agent.ts';
import { createDispatcher, type Dispatcher, type FleetEntry } from './dispatcher.ts';
import { createLocalCarrier } from './local-carrier.ts';
import { type LocalAgent, markState, registerLocalAgents } from './local-registry.ts';
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

const BEAT_MS = 10_000;
const PRESENCE_MS = 5_000;

/** The agents that live in this process, between the engine's hands and the registry. */
export function createLocalSystem(options: LocalSystemOptions): LocalSystem {
  const { payloads, onTrouble } = options;
  const held = new Map<TaskId, HandOut>();
  const logs = createTaskLogs(options.sql, onTrouble);
  let agents: LocalAgent[] = [];
  let presence: NodeJS.Timeout | undefined;

  const hands = createDispatcher({
    queues: options.queues,
    carriers: {
      local: {
        deliver(handOut) {
          held.set(handOut.taskId, handOut);
          const input = payloads.expand(handOut.input);
          if (input instanceof Promise)
            input.then(
              (full) => start({ ...handOut, input: full }),
              (error) => refuse(handOut, error),
            );
          else carrier.deliver(handOut);
        },
        stop: (order) => carrier.stop(order),
      },
    },
    maxConcurrentTasks: options.maxConcurrentTasks,
    onRoom: (capabilities) => {
      for (const capability of capabilities) options.offerWaiting(capability);
    },
  });

  async function tell(handOut: HandOut, happening: Happening): Promise<Reply | undefined> {
    try {
      return await options.tell(handOut.runId, happening);
    } catch (error) {
      onTrouble(`A report of ${handOut.taskId} could not be committed.`, error);
      return undefined;
    }
  }

  /** Told to stop while its input was being read: it never begins. */
  function start(handOut: HandOut): void {
    if (held.get(handOut.taskId)?.epoch !== handOut.epoch) return;
    held.set(handOut.taskId, handOut);
    carrier.deliver(handOut);
  }

  function refuse(handOut: HandOut, error: unknown): void {
    held.delete(handOut.taskId);
    hands.settled(handOut.taskId, handOut.agent);
    const outcome = failure(
      'INPUT_NOT_READ',
      `The input could not be read from the object store: ${textOf(error)}`,
    );
    void tell(handOut, { type: 'result', ...addressOf(handOut), outcome });
  }

  const addressOf = ({ taskId, epoch, agent }: HandOut) => ({
    task: parseTaskId(taskId)?.index ?? -1,
    epoch,
    agent,
  });

  const carrier = createLocalCarrier({
    handlerOf: (id) => agents.find((agent) => agent.id === id)?.handle,
    objects: payloads.artefacts,
    beatMs: BEAT_MS,
    reports: {
      result(handOut, outcome) {
        if (held.get(handOut.taskId) === handOut) held.delete(handOut.taskId);
        const kept = payloads.keepOutcome(handOut.runId, outcome);
        const report = (final: typeof outcome) => {
          // First the room, so that what the result unblocks finds it.
          hands.settled(handOut.taskId, handOut.agent);
          void tell(handOut, { type: 'result', ...addressOf(handOut), outcome: final });
        };
        if (kept instanceof Promise)
          kept.then(report, (error) =>
            report(failure('OUTPUT_NOT_STORED', `The output could not be stored: ${textOf(error)}`)),
          );
        else report(kept);
      },
      beat(handOut, progress) {
        const note = progress?.note === undefined ? {} : { note: progress.note };
        const fraction = progress === undefined ? {} : { progress: progress.fraction, ...note };
        void tell(handOut, { type: 'beat', ...addressOf(handOut), ...fraction }).then((reply) => {
          const gone = reply !== undefined && (!reply.ok || ('task' in reply && reply.task?.stop === true));
          if (gone) carrier.stop({ ...handOut, reason: 'the lease is gone' });
        });
      },
      log(handOut, line) {
        logs.write({ taskId: handOut.taskId, epoch: handOut.epoch, atMs: options.now(), ...line });
      },
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
      while (held.size > 0 && options.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      const left = [...held.values()];
      await Promise.all(left.map((handOut) => tell(handOut, { type: 'release', ...addressOf(handOut) })));
      carrier.stopAll('the server is stopping');
    },
    async stop() {
      clearInterval(presence);
      carrier.close();
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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failure(code: string, message: string): Outcome {
  return { status: 'failed', error: { class: 'internal', code, message } };
}
