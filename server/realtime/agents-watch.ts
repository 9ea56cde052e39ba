import type { AgentId, OrgId } from '#server/domain/ids.ts';
import type { AgentNews } from '#server/domain/live.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import { type AgentListItem, loadAgents } from '#server/services/agent/list.ts';
import type { Services } from '#server/services/context.ts';

export type AgentsListener = (news: readonly AgentNews[]) => void;

/** Agents of one org, for those who listen: how all of them are at first, then who has changed. */
export interface AgentsWatch {
  join(listener: AgentsListener): Promise<void>;
  leave(listener: AgentsListener): void;
  stop(): void;
}

export interface AgentsWatchOptions {
  services: Pick<Services, 'db' | 'presence'>;
  hot: Pick<HotState, 'subscribe'>;
  orgId: OrgId;
  /** Loads change without being announced; beats bring them. */
  everyMs: number;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

export function createAgentsWatch(options: AgentsWatchOptions): AgentsWatch {
  const { services, hot, orgId, now, onTrouble } = options;
  const listeners = new Set<AgentsListener>();
  let known = new Map<AgentId, AgentNews>();
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: Promise<() => Promise<void>> | undefined;
  let looking: Promise<void> | null = null;
  let again = false;

  async function look(): Promise<void> {
    const agents = await loadAgents(services, { orgId });
    const before = known;
    known = new Map(agents.map((agent) => [agent.id, toNews(agent, now())]));
    const changed = [...known.values()].filter((agent) => isNew(agent, before.get(agent.agentId)));
    // Off the list: nobody will hear of it again.
    for (const [id, agent] of before) {
      if (!known.has(id)) changed.push({ ...agent, state: 'offline', load: 0, at: now() });
    }
    if (changed.length > 0) for (const tell of listeners) tell(changed);
  }

  function lookSoon(): Promise<void> {
    again = looking !== null;
    looking ??= look()
      .catch((error: unknown) => onTrouble('The agents could not be read for those who listen.', error))
      .finally(() => {
        looking = null;
        if (again && listeners.size > 0) void lookSoon();
      });
    return looking;
  }

  function watch(): void {
    timer ??= setInterval(() => void lookSoon(), options.everyMs).unref();
    unsubscribe ??= hot.subscribe(CHANNEL.agents, () => void lookSoon());
  }

  function rest(): void {
    clearInterval(timer);
    timer = undefined;
    known = new Map();
    unsubscribe
      ?.then((end) => end())
      .catch((error: unknown) => onTrouble('Agents are listened to for nobody.', error));
    unsubscribe = undefined;
  }

  return {
    async join(listener) {
      watch();
      await lookSoon();
      listeners.add(listener);
      listener([...known.values()]);
    },
    leave(listener) {
      listeners.delete(listener);
      if (listeners.size === 0) rest();
    },
    stop: rest,
  };
}

function toNews({ id, name, state, currentLoad }: AgentListItem, at: number): AgentNews {
  return { agentId: id, name, state, load: currentLoad, at };
}

function isNew(agent: AgentNews, before: AgentNews | undefined): boolean {
  return before?.state !== agent.state || before.load !== agent.load;
}
