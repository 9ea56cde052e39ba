import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRegistrationInput } from '#server/domain/agent-registration.ts';
import type { AgentId, OrgId, TaskId } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import type { Reporter, ReportSink } from '#server/domain/reports.ts';
import type { ArtefactsOfRun, BuiltinAgent } from '../agent.ts';
import { createLocalCarrier, type LocalCarrier } from '../local-carrier.ts';
import type { Registry } from '../registry/registry.ts';
import { createOwnLines } from './own-lines.ts';

export interface LocalAgentsOptions {
  registry: Registry;
  sink(): ReportSink;
  /** Stays the same when this process starts again, and no other live process has it. */
  instance: string;
  agents: readonly BuiltinAgent[];
  artefactsOf: ArtefactsOfRun;
  beatMs: number;
  /** It has answered and has room for what follows, whatever becomes of the answer. */
  onAnswered(taskId: TaskId, agent: AgentId): void;
  onTrouble(message: string, error: unknown): void;
}

export interface LocalMember {
  agent: BuiltinAgent;
  orgId: OrgId;
  generation: number;
}

export interface LocalAgents {
  carrier: LocalCarrier;
  /**
   * Registers all of them in an organisation: there each is an agent of its own, which its people see and order about, and all of
   * one name are one piece of the program. Returns those that were registered before: what they held, nobody holds any more.
   */
  register(orgId: OrgId): Promise<ReadonlySet<AgentId>>;
  /** They leave an organisation that is closed. */
  deregister(orgId: OrgId): Promise<void>;
  members(): ReadonlyMap<AgentId, LocalMember>;
  has(id: AgentId): boolean;
  /** From now on they take nothing new. */
  retire(): void;
  isRetired(record: { id: AgentId }): boolean;
  /** Waits for what they have, and stops what takes longer. */
  finish(withinMs: number): Promise<void>;
}

const LOOK_MS = 20;
const STOP_MS = 2000;

/** The built-in agents of this process, under the same registry and the same leases as everybody else. */
export function createLocalAgents(options: LocalAgentsOptions): LocalAgents {
  const members = new Map<AgentId, LocalMember>();
  const sendLine = createOwnLines(options);
  let isRetired = false;

  /** Null: it has left, with its organisation. */
  function fromOf(id: AgentId): Reporter | null {
    const member = members.get(id);
    return member ? { agentId: id, orgId: member.orgId } : null;
  }

  function say(id: AgentId, report: Report): void {
    const from = fromOf(id);
    if (!from) return;
    options
      .sink()
      .report(from, [report])
      .catch((error) => options.onTrouble(`A ${report.type} of a built-in agent was lost.`, error));
  }

  async function untilIdle(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (carrier.working() > 0 && performance.now() < until) await sleep(LOOK_MS);
  }

  const carrier = createLocalCarrier({
    handlerOf: (id) => members.get(id)?.agent.handle,
    orgOf: (id) => members.get(id)?.orgId,
    artefactsOf: options.artefactsOf,
    beatMs: options.beatMs,
    reports: {
      result({ agent, taskId, epoch }, outcome) {
        options.onAnswered(taskId, agent);
        const from = fromOf(agent);
        if (!from) return;
        options
          .sink()
          .result(from, { taskId, epoch, outcome })
          .catch((error) => options.onTrouble('An answer of a built-in agent could not be taken.', error));
      },
      beat({ agent, taskId, epoch }, progress) {
        const { fraction, note } = progress ?? {};
        say(agent, {
          type: 'beat',
          task_id: taskId,
          epoch,
          ...(fraction === undefined ? {} : { progress: fraction }),
          ...(note === undefined ? {} : { note }),
        });
      },
      log({ agent, taskId, epoch }, line) {
        const from = fromOf(agent);
        if (from)
          sendLine(from, { type: 'log', task_id: taskId, epoch, at: new Date().toISOString(), ...line });
      },
    },
  });

  return {
    carrier,
    async register(orgId) {
      const again = new Set<AgentId>();
      for (const agent of options.agents) {
        const given = registrationOf(agent, options.instance);
        const { id, generation, isNew } = await options.registry.register(orgId, given);
        members.set(id, { agent, orgId, generation });
        if (!isNew) again.add(id);
      }
      return again;
    },
    async deregister(orgId) {
      for (const [id, member] of members) {
        if (member.orgId !== orgId) continue;
        await options.registry.deregister(orgId, id, member.generation);
        members.delete(id);
      }
    },
    members: () => members,
    has: (id) => members.has(id),
    retire() {
      isRetired = true;
    },
    isRetired: ({ id }) => isRetired && members.has(id),
    async finish(withinMs) {
      await untilIdle(withinMs);
      if (carrier.working() === 0) return;
      carrier.stopAll('the process ends');
      await untilIdle(STOP_MS);
    },
  };
}

function registrationOf(agent: BuiltinAgent, instance: string): AgentRegistrationInput {
  return {
    name: agent.name,
    instance,
    type: 'builtin',
    transport: 'local',
    version: agent.version,
    capabilities: agent.capabilities.map((name) => ({ name, version: agent.version })),
    max_concurrency: agent.maxConcurrency,
  };
}
