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
  /** Another process has found out. */
  follow(restMs: number | null): void;
  look(): { state: BreakerState; faults: number; openUntil: number | null };
}

export interface BreakerOptions {
  /** So many faults within the window, and at least half of all answers. */
  faults: number;
  windowMs: number;
  restMs: number;
  maxRestMs: number;
  now(): number;
  /** What other processes see of the same server; left out: nobody else calls it. */
  share?: BreakerShare | undefined;
}

export interface BreakerShare {
  /** Counts a fault, and says how many there are in all processes; null: nobody knows. */
  fault(): Promise<number | null>;
  opened(restMs: number): void;
  closed(): void;
}

export const BREAKER_DEFAULTS = { faults: 5, windowMs: 30_000, restMs: 5_000, maxRestMs: 60_000 };

/** Counts what came of calls, not only of connecting: a server that takes calls and answers none is no server. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { faults, windowMs, restMs, maxRestMs, now, share } = options;
  let recent: { at: number; isFault: boolean }[] = [];
  let openUntil: number | null = null;
  let trips = 0;
  let isTrying = false;

  function trip(): void {
    const forMs = Math.min(restMs * 2 ** Math.min(trips, 16), maxRestMs);
    rest(forMs);
    share?.opened(forMs);
  }

  function rest(forMs: number): void {
    trips += 1;
    openUntil = now() + forMs;
    isTrying = false;
    recent = [];
  }

  const failedOf = (at: number): number =>
    recent.filter((each) => each.isFault && each.at > at - windowMs).length;

  /** Faults that others have had count too, if this process has nothing better to tell. */
  async function compare(): Promise<void> {
    const all = await share?.fault();
    if (all === undefined || all === null || all < faults || openUntil !== null) return;
    const failed = failedOf(now());
    if (failed > 0 && failed * 2 >= recent.length) trip();
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
        share?.closed();
        return;
      }
      const at = now();
      recent.push({ at, isFault });
      if (!isFault) {
        if (recent.length > 1000) recent = recent.slice(-500);
        return;
      }
      recent = recent.filter((each) => each.at > at - windowMs);
      const failed = failedOf(at);
      if (failed >= faults && failed * 2 >= recent.length) trip();
      else void compare();
    },
    forget() {
      isTrying = false;
    },
    close() {
      if (openUntil !== null) share?.closed();
      close();
    },
    follow(forMs) {
      if (forMs === null) close();
      else if (openUntil === null) rest(forMs);
    },
    look: () => ({
      state: stateNow(),
      faults: failedOf(now()),
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
