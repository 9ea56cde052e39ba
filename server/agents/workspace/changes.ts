import type { Place } from '#db/queries/workspace-enter.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

/** Hears that something has happened in a workspace, and lets callers wait for it. */
export interface Changes {
  announce(place: Place): void;
  /** Looks at once, and again at each change, until there is something or the time is over. */
  waitFor<Item>(
    place: Place,
    order: { look(): Promise<Item[]>; waitMs: number; signal?: AbortSignal },
  ): Promise<Item[]>;
  /** Calls `changed` at each change, now and then once too often. Returns how to stop. */
  watch(place: Place, changed: () => void): Promise<() => void>;
}

/** A word of a change may be lost; so often it is looked anyway. */
const LOOK_MS = 2_000;

export function createChanges(hot: Pick<HotState, 'publish' | 'subscribe' | 'onGap'>): Changes {
  const watch: Changes['watch'] = async ({ runId }, changed) => {
    const stop = await hot.subscribe(CHANNEL.workspace(runId), changed);
    const stopGap = hot.onGap(changed);
    return () => {
      stopGap();
      // What is still heard meanwhile is once too often.
      stop().catch(() => undefined);
    };
  };

  return {
    watch,
    announce({ runId }) {
      // Never rejects; whoever does not hear it looks by itself.
      hot.publish(CHANNEL.workspace(runId), '').catch(() => undefined);
    },
    async waitFor(place, { look, waitMs, signal }) {
      const until = AbortSignal.timeout(waitMs);
      const over = signal ? AbortSignal.any([until, signal]) : until;
      let wake: () => void = () => undefined;
      let hasChanged = false;
      const stir = (): void => {
        hasChanged = true;
        wake();
      };
      const stop = await watch(place, stir);
      over.addEventListener('abort', stir, { once: true });
      const timer = setInterval(stir, LOOK_MS);
      try {
        for (;;) {
          hasChanged = false;
          const found = await look();
          if (found.length > 0 || over.aborted) return found;
          if (!hasChanged) await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        clearInterval(timer);
        stop();
      }
    },
  };
}
