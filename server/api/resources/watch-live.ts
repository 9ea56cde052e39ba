import type { AgentNews, LiveTarget, RunNews } from '#server/domain/live.ts';
import type { ResourceCall } from './resource.ts';

interface Watched {
  target: LiveTarget;
  runs?(news: RunNews): void;
  agents?(news: AgentNews): void;
  /** Something may have been missed. */
  unsure(): void;
}

/** Live events of one thing, for a subscription. Resolves when they are heard; throws for what is not there. */
export async function watchLive({ services, actor }: ResourceCall, watched: Watched): Promise<() => void> {
  // How it stands at first is no change.
  let isFirst = true;
  const session = services.live.open(actor, {
    runs(news) {
      if (!isFirst) for (const one of news) watched.runs?.(one);
    },
    agents(news) {
      if (!isFirst) for (const one of news) watched.agents?.(one);
    },
    resumePoint: () => undefined,
    resync: watched.unsure,
    backlogBytes: () => 0,
    tooSlow: watched.unsure,
  });
  try {
    await session.subscribe([watched.target]);
    isFirst = false;
    return session.close;
  } catch (error) {
    session.close();
    throw error;
  }
}
