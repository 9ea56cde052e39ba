import { CHANNEL, KEY, PRESENCE } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { BreakerShare } from './breaker.ts';

/**
 * The other processes that call the same servers. All of it is a hint: while hot state is away, each process counts for
 * itself, as if it were alone.
 */
export interface Peers {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** This process calls it. The first time, resolves when the others know. */
  join(connectionId: string): Promise<void>;
  /** How many processes call it, this one among them. */
  countOf(connectionId: string): number;
  shareOf(connectionId: string, windowMs: number): BreakerShare;
  /** Another process has opened the breaker, for so long, or closed it (null). */
  onBreaker(listener: (connectionId: string, restMs: number | null) => void): void;
}

export interface PeersOptions {
  hot: HotState;
  /** Of this process. */
  id: string;
  now(): number;
}

type News = { from: string; connection: string } & (
  | { kind: 'joined' }
  | { kind: 'breaker'; restMs: number | null }
);

const BEAT_MS = 5000;
const KEPT_MS = 15_000;
/** Whoever has called nothing for so long takes no part in what may be called. */
const USED_MS = 30_000;

export function createPeers({ hot, id, now }: PeersOptions): Peers {
  const joined = new Map<string, { usedAt: number; count: number; ready: Promise<void> }>();
  const listeners = new Set<(connectionId: string, restMs: number | null) => void>();
  let unsubscribe: (() => Promise<void>) | undefined;

  async function beat(connectionId: string): Promise<void> {
    const kind = PRESENCE.mcpCallers(connectionId);
    const entry = joined.get(connectionId);
    const count = await hot
      .beat(kind, { id, data: '', ttlMs: KEPT_MS })
      .then(async () => (await hot.listPresent(kind)).length)
      .catch(() => 1);
    if (entry) entry.count = Math.max(1, count);
  }

  function beatAll(): void {
    for (const [connectionId, { usedAt }] of joined) {
      if (now() - usedAt <= USED_MS) void beat(connectionId);
      else leave(connectionId);
    }
  }

  function leave(connectionId: string): void {
    joined.delete(connectionId);
    hot.leave(PRESENCE.mcpCallers(connectionId), id).catch(() => undefined);
  }

  const say = (
    news: Omit<Extract<News, { kind: 'joined' }>, 'from'> | Omit<Extract<News, { kind: 'breaker' }>, 'from'>,
  ) => {
    void hot.publish(CHANNEL.mcpPeers, JSON.stringify({ from: id, ...news }));
  };

  function hear(message: string): void {
    const news = JSON.parse(message) as News;
    if (news.from === id) return;
    if (news.kind === 'joined') {
      if (joined.has(news.connection)) void beat(news.connection);
      return;
    }
    for (const listener of listeners) listener(news.connection, news.restMs);
  }

  const timer = setInterval(beatAll, BEAT_MS);
  timer.unref();

  return {
    async start() {
      unsubscribe = await hot.subscribe(CHANNEL.mcpPeers, hear);
    },
    async stop() {
      clearInterval(timer);
      for (const connectionId of [...joined.keys()]) leave(connectionId);
      await unsubscribe?.();
    },
    join(connectionId) {
      const known = joined.get(connectionId);
      if (known) {
        known.usedAt = now();
        return known.ready;
      }
      const entry = { usedAt: now(), count: 1, ready: Promise.resolve() };
      joined.set(connectionId, entry);
      entry.ready = beat(connectionId).then(() => say({ kind: 'joined', connection: connectionId }));
      return entry.ready;
    },
    countOf: (connectionId) => joined.get(connectionId)?.count ?? 1,
    shareOf: (connectionId, windowMs) => ({
      fault: () => hot.increment(KEY.mcpFaults(connectionId), 1, windowMs).catch(() => null),
      opened: (restMs) => say({ kind: 'breaker', connection: connectionId, restMs }),
      closed() {
        hot.delete(KEY.mcpFaults(connectionId)).catch(() => undefined);
        say({ kind: 'breaker', connection: connectionId, restMs: null });
      },
    }),
    onBreaker: (listener) => listeners.add(listener),
  };
}
