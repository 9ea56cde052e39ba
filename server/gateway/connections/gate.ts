import { SignalboxError } from '#server/domain/errors.ts';

/** How many calls of one connection are under way in this process; a few more wait their turn. */
export interface Gate {
  /** Resolves with how to leave. Rejects when too many wait already, or when the signal fires first. */
  enter(max: number, signal: AbortSignal): Promise<() => void>;
  inFlight(): number;
}

const WAITING_TIMES = 8;

export function createGate(): Gate {
  let inside = 0;
  const waiting = new Set<() => void>();

  function leave(): void {
    inside -= 1;
    const [next] = waiting;
    if (next) next();
  }

  function once(act: () => void): () => void {
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      act();
    };
  }

  return {
    inFlight: () => inside,
    enter(max, signal) {
      if (inside < max) {
        inside += 1;
        return Promise.resolve(once(leave));
      }
      if (waiting.size >= max * WAITING_TIMES) return Promise.reject(tooMany(max));
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const give = () => {
        waiting.delete(give);
        signal.removeEventListener('abort', abort);
        inside += 1;
        resolve(once(leave));
      };
      const abort = () => {
        waiting.delete(give);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(give);
      return promise;
    },
  };
}

function tooMany(max: number): SignalboxError {
  return new SignalboxError('LIMITED', `The server has ${max} calls under way, and many wait already.`, {
    advice: 'Try again in a moment, or raise the number of calls that it may have at once.',
    details: { retryAfterSeconds: 1 },
  });
}
