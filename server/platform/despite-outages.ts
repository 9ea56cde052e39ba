import { setTimeout as sleep } from 'node:timers/promises';
import { isAway } from '#server/domain/outages.ts';

const LONGEST_PAUSE_MS = 5000;

interface Patience {
  /** Whoever waits no longer gets the error that there was. */
  signal?: AbortSignal | undefined;
  /** Told once. */
  onAway?(error: unknown): void;
}

/** Does it until the database and the object store are there for it: what takes hours must not fail by a restart of one. */
export async function despiteOutages<Result>(
  act: () => Promise<Result>,
  { signal, onAway }: Patience,
): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isAway(error) || signal?.aborted) throw error;
      if (tries === 0) onAway?.(error);
      await sleep(Math.min(100 * 2 ** tries, LONGEST_PAUSE_MS), undefined, signal ? { signal } : {}).catch(
        () => {
          throw error;
        },
      );
    }
  }
}
