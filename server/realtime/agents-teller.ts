import type { AgentId } from '#server/domain/ids.ts';
import type { AgentNews } from '#server/domain/live.ts';
import type { AgentsListener } from './agents-watch.ts';

export interface AgentsTellerOptions {
  /** Whether its reader listens to that one, which may change while news wait. */
  isWanted(agentId: AgentId): boolean;
  hasRoom(): boolean;
  /** False: there will be none any more. */
  room(): Promise<boolean>;
  deliver(news: readonly AgentNews[]): void;
}

/** What is new of an agent makes the older of it worthless: for a slow reader the newest of each waits, and no more. */
export function createAgentsTeller({
  isWanted,
  hasRoom,
  room,
  deliver,
}: AgentsTellerOptions): AgentsListener {
  const aside = new Map<AgentId, AgentNews>();

  function hand(news: readonly AgentNews[]): void {
    if (news.length > 0) deliver(news);
  }

  async function handLater(): Promise<void> {
    if (!(await room())) return;
    const left = [...aside.values()].filter(({ agentId }) => isWanted(agentId));
    aside.clear();
    hand(left);
  }

  return (news) => {
    const mine = news.every(({ agentId }) => isWanted(agentId))
      ? news
      : news.filter(({ agentId }) => isWanted(agentId));
    if (aside.size === 0 && hasRoom()) return hand(mine);
    const isFirst = aside.size === 0;
    for (const one of mine) aside.set(one.agentId, one);
    if (isFirst && aside.size > 0) void handLater();
  };
}
