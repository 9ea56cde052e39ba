'use client';

import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LiveTarget } from '../../server/domain/live.ts';
import { createLiveHub, type LineState, type LiveHub, type LiveListener } from './live-hub.ts';

const HubContext = createContext<LiveHub | undefined>(undefined);

/** What opens the line could not be loaded: the server may be starting. */
const LOAD_AGAIN_MS = 5000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const [hub, setHub] = useState<LiveHub>();
  useEffect(() => {
    let isGone = false;
    let made: LiveHub | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    // After the page, which can be read before there is a line; in development effects are tried out and undone first.
    const open = () =>
      import('socket.io-client').then(
        ({ io }) => {
          if (isGone) return;
          made = createLiveHub(io({ transports: ['websocket'], reconnectionDelayMax: 5000 }));
          setHub(made);
        },
        () => {
          if (!isGone) again = setTimeout(open, LOAD_AGAIN_MS);
        },
      );
    void open();
    return () => {
      isGone = true;
      clearTimeout(again);
      made?.close();
    };
  }, []);
  return <HubContext value={hub}>{children}</HubContext>;
}

/** Hears of a target while it is drawn. Give none, and nothing is listened to. */
export function useLive(target: LiveTarget | undefined, listener: LiveListener): void {
  const hub = use(HubContext);
  const onRuns = useEffectEvent((news: Parameters<NonNullable<LiveListener['onRuns']>>[0]) =>
    listener.onRuns?.(news),
  );
  const onAgents = useEffectEvent((news: Parameters<NonNullable<LiveListener['onAgents']>>[0]) =>
    listener.onAgents?.(news),
  );
  const onGap = useEffectEvent(() => listener.onGap?.());
  const key = target && JSON.stringify(target);
  useEffect(() => {
    if (!hub || key === undefined) return undefined;
    return hub.listen(JSON.parse(key) as LiveTarget, { onRuns, onAgents, onGap });
  }, [hub, key]);
}

/** Often enough to look alive, seldom enough for a server with many panels open. */
const REFRESH_MS = 200;

/**
 * Asks anew for what is shown when the target moves. What is shown is always a whole answer, so a missed event costs
 * nothing; a page that nobody looks at is brought up to date when somebody does.
 */
export function useFresh(
  target: LiveTarget | undefined,
  { keys, everyMs = REFRESH_MS }: { keys: readonly QueryKey[]; everyMs?: number },
): void {
  const queries = useQueryClient();
  const [pace] = useState(() => ({
    timer: undefined as ReturnType<typeof setTimeout> | undefined,
    again: false,
  }));
  const ask = () => {
    for (const queryKey of keys)
      void queries.invalidateQueries({ queryKey, refetchType: document.hidden ? 'none' : 'active' });
  };
  // The first news at once; what follows it closely, together.
  const refresh = () => {
    if (pace.timer !== undefined) {
      pace.again = true;
      return;
    }
    ask();
    pace.timer = setTimeout(() => {
      pace.timer = undefined;
      if (!pace.again) return;
      pace.again = false;
      refresh();
    }, everyMs);
  };
  useLive(target, { onRuns: refresh, onAgents: refresh, onGap: refresh });
  useEffect(() => () => clearTimeout(pace.timer), [pace]);
}

const NEVER = () => () => undefined;

/** How the line to the server is. */
export function useLineState(): LineState {
  const hub = use(HubContext);
  return useSyncExternalStore(
    hub?.onLineState ?? NEVER,
    () => hub?.lineState() ?? 'connecting',
    () => 'connecting' as const,
  );
}
