'use client';

import { createContext, use, useCallback, useEffect, useState } from 'react';

/** What tells by how much the clock in which moments are told is ahead of this browser's. */
interface Clock {
  aheadMs(): number;
  subscribe(listener: () => void): () => void;
}

const OWN: Clock = { aheadMs: () => 0, subscribe: () => () => undefined };

/** Around what shows moments of somebody else's clock. Without it they are taken for this browser's. */
const ClockContext = createContext<Clock>(OWN);
export const ClockProvider = ClockContext;

/** Reads the time, by the clock in which moments are told. */
export function useClock(): () => number {
  const clock = use(ClockContext);
  return useCallback(() => Date.now() + clock.aheadMs(), [clock]);
}

/** The time, for as long as there is a pace, by the clock in which moments are told. */
export function useNow(everyMs: number | undefined): number {
  const read = useClock();
  const [now, setNow] = useState(read);
  useTicks(everyMs, setNow);
  return now;
}

/** The same where the server draws too, whose document would show another time: it comes a moment later. */
export function useNowLater(everyMs: number): number | undefined {
  const [now, setNow] = useState<number>();
  useTicks(everyMs, setNow);
  return now;
}

function useTicks(everyMs: number | undefined, tell: (now: number) => void): void {
  const clock = use(ClockContext);
  const read = useClock();
  useEffect(() => {
    const tick = () => tell(read());
    tick();
    const stop = clock.subscribe(tick);
    const timer = everyMs === undefined ? undefined : setInterval(tick, everyMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [clock, read, everyMs, tell]);
}
