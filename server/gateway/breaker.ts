import { SignalboxError } from '#server/domain/errors.ts';

/** Of one connection: `trying` lets one call through, to see. */
export type BreakerState = 'closed' | 'open' | 'trying';

export interface Breaker {
  /** Throws while the server rests. Whoever gets through says how it went with `settle`. */
  admit(): void;
  settle(isFault: boolean): void;
  /** The caller went away before anybody could tell. */
  forget(): void;
  /** Somebody has seen for themselves that it is well. */
  close(): void;
  look(): { state: BreakerState; faults: number; openUntil: number | null };
}

export interface BreakerOptions {
  /** So many faults within the window, and at least half of all answers. */
  faults: number;
  windowMs: number;
  restMs: number;
  maxRestMs: number;
  now(): number;
}

export const BREAKER_DEFAULTS = { faults: 5, windowMs: 30_000, restMs: 5_000, maxRestMs: 60_000 };

/** Counts what came of calls, not only of connecting: a server that takes calls and answers none is no server. */
export function createBreaker({ faults, windowMs, restMs, maxRestMs, now }: BreakerOptions): Breaker {
  let recent: { at: number; isFault: boolean }[] = [];
  let openUntil: number | null = null;
  let trips = 0;
  let isTrying = false;

  function trip(): void {
    trips += 1;
    openUntil = now() + Math.min(restMs * 2 ** Math.min(trips - 1, 16), maxRestMs);
    isTrying = false;
    recent = [];
  }

  function close(): void {
    openUntil = null;
    isTrying = false;
    trips = 0;
  }

  const stateNow = (): BreakerState => {
    if (openUntil === null) return 'closed';
    return isTrying || now() >= openUntil ? 'trying' : 'open';
  };

  return {
    admit() {
      if (openUntil === null) return;
      const waitMs = openUntil - now();
      if (waitMs > 0 || isTrying) throw resting(Math.max(waitMs, 1000));
      isTrying = true;
    },
    settle(isFault) {
      if (openUntil !== null) {
        // An answer to what was asked before it rested says nothing of how it is now.
        if (!isTrying) return;
        if (isFault) return trip();
        close();
        return;
      }
      const at = now();
      recent.push({ at, isFault });
      if (!isFault) {
        if (recent.length > 1000) recent = recent.slice(-500);
        return;
      }
      recent = recent.filter((each) => each.at > at - windowMs);
      const failed = recent.filter((each) => each.isFault).length;
      if (failed >= faults && failed * 2 >= recent.length) trip();
    },
    forget() {
      isTrying = false;
    },
    close,
    look: () => ({
      state: stateNow(),
      faults: recent.filter(({ at, isFault }) => isFault && at > now() - windowMs).length,
      openUntil,
    }),
  };
}

function resting(waitMs: number): SignalboxError {
  const seconds = Math.ceil(waitMs / 1000);
  return new SignalboxError(
    'UNAVAILABLE',
    'The server has failed too often and is left alone for a moment.',
    {
      advice: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
      details: { retryAfterSeconds: seconds },
    },
  );
}
