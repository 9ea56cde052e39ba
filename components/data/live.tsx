'use client';

import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LiveTarget } from '../../server/domain/live.ts';
import { createLiveHub, type LineState, type LiveHub, type LiveListener } from './live-hub.ts';
import { createPace, type Pace } from './pace.ts';

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

interface Freshness {
  keys: readonly QueryKey[];
  everyMs?: number;
  /** Whether what is known of a key will never be another. */
  isFinal?(key: QueryKey): boolean;
}

const NEVER_FINAL = (_key: QueryKey) => false;

/**
 * Asks anew for what is shown when the target moves. What is shown is always a whole answer, so a missed event costs
 * nothing; a page that nobody looks at is brought up to date when somebody does.
 */
export function useFresh(
  target: LiveTarget | undefined,
  { keys, everyMs = REFRESH_MS, isFinal = NEVER_FINAL }: Freshness,
): void {
  const queries = useQueryClient();
  const pace = useRef<Pace>(undefined);
  const ask = useEffectEvent(() => Promise.all(keys.map((key) => askAnew(queries, key, isFinal))));
  const readEveryMs = useEffectEvent(() => everyMs);
  useEffect(() => {
    const made = createPace({
      ask: () => ask(),
      everyMs: () => readEveryMs(),
      now: () => performance.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
    pace.current = made;
    return () => made.stop();
  }, []);
  const refresh = () => pace.current?.moved();
  useLive(target, { onRuns: refresh, onAgents: refresh, onGap: refresh });
}

/** Asks anew for what is shown when `sign` is another: the sign of something that moved, and that no news tells of. */
export function useFreshBy(sign: string, { keys }: { keys: readonly QueryKey[] }): void {
  const queries = useQueryClient();
  const known = useRef(sign);
  const ask = useEffectEvent(() => Promise.all(keys.map((key) => askAnew(queries, key))));
  useEffect(() => {
    if (known.current === sign) return;
    known.current = sign;
    void ask();
  }, [sign]);
}

/** Asks anew when the server answers again, for what no news tells of: who somebody is and what they may, since it hangs up when that changes. */
export function useFreshOnReturn({ keys }: { keys: readonly QueryKey[] }): void {
  const queries = useQueryClient();
  const state = useLineState();
  const before = useRef(state);
  const ask = useEffectEvent(() => Promise.all(keys.map((key) => askAnew(queries, key))));
  useEffect(() => {
    const isBack = state === 'denied' || (state === 'live' && before.current !== 'connecting');
    if (isBack && state !== before.current) void ask();
    before.current = state;
  }, [state]);
}

async function askAnew(queries: QueryClient, queryKey: QueryKey, isFinal = NEVER_FINAL): Promise<void> {
  // What is on its way was asked for before this: it is waited for, and not thrown away, however long it takes.
  if (queries.isFetching({ queryKey }) > 0)
    await queries.refetchQueries({ queryKey, fetchStatus: 'fetching' }, { cancelRefetch: false });
  if (isFinal(queryKey)) return;
  await queries.invalidateQueries({ queryKey, refetchType: document.hidden ? 'none' : 'active' });
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
