import type { Socket } from 'socket.io-client';
import type { AgentNews, LiveTarget, LiveToClient, LiveToServer, RunNews } from '../../server/domain/live.ts';

export type LiveSocket = Socket<LiveToClient, LiveToServer>;

/**
 * `connecting` at first, `cut` when the line was lost: the browser keeps trying. `denied`: the server answers, and lets nobody
 * in by this session, or nobody more.
 */
export type LineState = 'connecting' | 'live' | 'cut' | 'denied';

export interface LiveListener {
  onRuns?(news: readonly RunNews[]): void;
  onAgents?(news: readonly AgentNews[]): void;
  /** Something may have been missed: what is shown has to be asked for anew. */
  onGap?(): void;
}

export interface LiveHub {
  /** Hears of the target until the function that it gives is called. */
  listen(target: LiveTarget, listener: LiveListener): () => void;
  lineState(): LineState;
  onLineState(changed: () => void): () => void;
  close(): void;
}

interface Subscription {
  target: LiveTarget;
  listeners: Set<LiveListener>;
}

const AGAIN_MS = 500;
const AFTER_DENIAL_MS = 5000;

/** One line to the server for the whole panel, however many parts of it listen to the same thing. */
export function createLiveHub(socket: LiveSocket): LiveHub {
  const subscriptions = new Map<string, Subscription>();
  const watchers = new Set<() => void>();
  let state: LineState = 'connecting';
  let again: ReturnType<typeof setTimeout> | undefined;

  const setState = (next: LineState) => {
    state = next;
    for (const changed of watchers) changed();
  };
  const everyListener = (tell: (listener: LiveListener) => void, hears: (target: LiveTarget) => boolean) => {
    for (const { target, listeners } of subscriptions.values())
      if (hears(target)) for (const listener of listeners) tell(listener);
  };
  const comeAgainAfter = (ms: number) => {
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), ms);
  };
  const gap = () =>
    everyListener(
      (listener) => listener.onGap?.(),
      () => true,
    );

  socket.on('connect', () => {
    if (subscriptions.size > 0)
      socket.emit(
        'subscribe',
        [...subscriptions.values()].map(({ target }) => target),
      );
    setState('live');
    // What came while there was no line is in the answers that are asked for now: a page asks before it has one.
    gap();
  });
  socket.on('disconnect', (reason) => {
    setState('cut');
    // Ended by the server, as when rights have changed: the library itself comes back only from cuts.
    if (reason === 'io server disconnect') comeAgainAfter(AGAIN_MS);
  });
  socket.on('connect_error', () => {
    setState(socket.active ? 'cut' : 'denied');
    // For the library that was the last word.
    if (!socket.active) comeAgainAfter(AFTER_DENIAL_MS);
  });
  socket.on('resync', gap);
  socket.on('run_news', (news) => {
    for (const { target, listeners } of subscriptions.values()) {
      const heard = news.filter((item) => isAbout(target, item));
      if (heard.length > 0) for (const listener of listeners) listener.onRuns?.(heard);
    }
  });
  socket.on('agent_news', (news) => {
    everyListener(
      (listener) => listener.onAgents?.(news),
      (target) => 'agents' in target || 'agent_id' in target,
    );
  });

  return {
    listen(target, listener) {
      const key = JSON.stringify(target);
      let subscription = subscriptions.get(key);
      if (!subscription) {
        subscription = { target, listeners: new Set() };
        subscriptions.set(key, subscription);
        if (socket.connected) socket.emit('subscribe', [target]);
      }
      subscription.listeners.add(listener);
      return () => {
        subscription.listeners.delete(listener);
        if (subscription.listeners.size > 0 || subscriptions.get(key) !== subscription) return;
        subscriptions.delete(key);
        if (socket.connected) socket.emit('unsubscribe', [target]);
      };
    },
    lineState: () => state,
    onLineState(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    close() {
      clearTimeout(again);
      socket.disconnect();
    },
  };
}

function isAbout(target: LiveTarget, news: RunNews): boolean {
  if ('everything' in target) return true;
  if ('run_id' in target) return target.run_id === news.runId;
  return 'pipeline_id' in target && target.pipeline_id === news.pipelineId;
}
