'use client';

import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { flushSync } from 'react-dom';
import { type Outdated, outdated as thisTab } from './outdated.ts';

/**
 * Something that is loaded when somebody is about to use it. What opens over a page is most of the script of a page,
 * and few visits open anything.
 */
export interface LatePart<Parts> {
  /** Rejects when it cannot be had just now; the next call tries again. */
  load(): Promise<Parts>;
  /** What has been loaded. */
  get(): Parts | undefined;
}

/** A refusal may be a hiccup on the way: so long until it is asked again. */
const REFUSED_MS = 1000;

interface Patience {
  outdated?: Pick<Outdated, 'refused' | 'had' | 'get'>;
  againMs?: number;
}

export function latePart<Parts>(
  fetchParts: () => Promise<Parts>,
  { outdated = thisTab, againMs = REFUSED_MS }: Patience = {},
): LatePart<Parts> {
  let loaded: Parts | undefined;
  let loading: Promise<Parts> | undefined;
  // Whoever pressed once is told: it is asked for until it is had, nobody is there, or it is certain that the part is gone.
  const fetchOrKnow = async (): Promise<Parts> => {
    for (;;) {
      try {
        const parts = await fetchParts();
        outdated.had();
        return parts;
      } catch (error) {
        if (!(await outdated.refused()) || outdated.get()) throw error;
        await new Promise((wait) => setTimeout(wait, againMs));
      }
    }
  };
  return {
    load() {
      loading ??= fetchOrKnow().then(
        (parts) => {
          loaded = parts;
          return parts;
        },
        (error) => {
          loading = undefined;
          throw error;
        },
      );
      return loading;
    },
    get: () => loaded,
  };
}

/** The server may be starting. */
const AGAIN_MS = 3000;

/** The part, from when it has been wanted once and is there. */
export function useLate<Parts>(part: LatePart<Parts>, isWanted: boolean): Parts | undefined {
  const [wasWanted, setWanted] = useState(false);
  const [, setLoaded] = useState(false);
  if (isWanted && !wasWanted) setWanted(true);
  useEffect(() => {
    if (!isWanted || part.get()) return undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const load = () =>
      part.load().then(
        () => setLoaded(true),
        () => {
          if (!isGone) again = setTimeout(load, AGAIN_MS);
        },
      );
    void load();
    return () => {
      isGone = true;
      clearTimeout(again);
    };
  }, [part, isWanted]);
  // What the server has drawn was without it: where the page comes to life late, somebody else may have loaded it by then.
  const loaded = useSyncExternalStore(subscribeToNothing, part.get, () => undefined);
  return isWanted || wasWanted ? loaded : undefined;
}

/** Whoever waits for a part is told by its promise. */
const subscribeToNothing = () => () => undefined;

const SETTLED_MS = 1500;

/** Some time after a page has come, when it has nothing to do. Gives what calls it off. */
export function whenIdle(act: () => void): () => void {
  let idle: number | undefined;
  const timer = setTimeout(() => {
    // Safari has none.
    if (!('requestIdleCallback' in window)) act();
    else idle = requestIdleCallback(act);
  }, SETTLED_MS);
  return () => {
    clearTimeout(timer);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
}

interface LateProps<Parts> {
  part: LatePart<Parts>;
  /** It is open without having been pointed at. */
  isOpen?: boolean;
  /** What is there until somebody points at it or goes to it: it looks the same. */
  plain: ReactNode;
  /** With whether it was clicked before it was there, and so begins open. */
  children(parts: Parts, startsOpen: boolean): ReactNode;
}

/** A control that opens something: it is itself from when the pointer or the focus comes to it. */
export function Late<Parts>({ part, isOpen = false, plain, children }: LateProps<Parts>) {
  const place = useRef<HTMLSpanElement>(null);
  const [real, setReal] = useState<{ startsOpen: boolean; hadFocus: boolean }>();
  const asked = useRef({ isPressed: false, isClicked: false });
  const show = () => {
    const hadFocus = place.current?.contains(document.activeElement) ?? false;
    setReal((before) => before ?? { startsOpen: asked.current.isClicked, hadFocus });
  };
  // A click is lost that begins on one element and ends on another: so not between the two.
  const settle = () => {
    if (part.get() && !asked.current.isPressed) show();
  };
  // Where React would take its time, a click could still come in between.
  const settleAtOnce = () => flushSync(settle);
  const fetchPart = () => void part.load().then(settleAtOnce, () => undefined);
  const want = () => (part.get() ? settle() : fetchPart());
  const press = () => {
    asked.current.isPressed = true;
    want();
  };
  const letGo = () => {
    asked.current.isPressed = false;
    settle();
  };
  const parts = part.get();
  const open = useEffectEvent(want);
  useEffect(() => {
    if (isOpen) open();
  }, [isOpen]);
  useLayoutEffect(() => {
    if (real?.hadFocus) place.current?.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
  }, [real]);
  if (real && parts)
    return (
      <span ref={place} className="contents">
        {children(parts, real.startsOpen)}
      </span>
    );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is in it is the control; this only sees that it is about to be used
    <span
      ref={place}
      className="contents"
      onPointerEnter={({ pointerType }) => {
        // A finger comes and presses in one; what it is on stays as it is until it is lifted.
        if (pointerType !== 'mouse') part.load().catch(() => undefined);
        else if (part.get()) settleAtOnce();
        else fetchPart();
      }}
      onFocus={want}
      onPointerDown={press}
      onPointerLeave={letGo}
      onBlur={letGo}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter' || event.key === ' ') press();
      }}
      onClick={() => {
        asked.current.isClicked = true;
        letGo();
        want();
      }}
    >
      {plain}
    </span>
  );
}
