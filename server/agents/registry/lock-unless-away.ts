import type { LockName } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

export interface Turn {
  end(): Promise<void>;
}

const ALONE: Turn = { end: async () => undefined };

/**
 * A turn at what one process should do for all; null while another has it. Where hot state is away nobody could tell the
 * others, and so each does it: two that write the same are better than none.
 */
export async function lockUnlessAway(
  hot: Pick<HotState, 'acquireLock' | 'releaseLock'>,
  { name, owner, forMs }: { name: LockName; owner: string; forMs: number },
): Promise<Turn | null> {
  try {
    const lock = await hot.acquireLock(name, owner, forMs);
    if (!lock) return null;
    // What is not given back ends by itself.
    return { end: () => hot.releaseLock(lock).then(nothing, nothing) };
  } catch {
    return ALONE;
  }
}

const nothing = (): void => undefined;
