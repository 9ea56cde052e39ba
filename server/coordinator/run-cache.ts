import type { RunState } from '#server/domain/engine/state.ts';
import type { RunId } from '#server/domain/ids.ts';

/**
 * Runs this process has lately decided on, as it last committed them. Only a shortcut: a commit on a state that has
 * moved elsewhere is refused, and then the run is loaded. The least recently used go first.
 */
export interface RunCache {
  get(id: RunId): RunState | undefined;
  put(state: RunState): void;
  drop(id: RunId): void;
}

export interface RunCacheOptions {
  maxTasks: number;
  now(): number;
}

/** A run that moved so long ago is as likely to have gone on elsewhere, or to have ended there unheard. */
const IDLE_MS = 30_000;

export function createRunCache({ maxTasks, now }: RunCacheOptions): RunCache {
  /** In the order of their last use. */
  const kept = new Map<RunId, { state: RunState; usedAt: number }>();
  let tasks = 0;

  function drop(id: RunId): void {
    const known = kept.get(id);
    if (!known) return;
    kept.delete(id);
    tasks -= known.state.tasks.length;
  }

  return {
    get: (id) => kept.get(id)?.state,
    put(state) {
      drop(state.id);
      const usedAt = now();
      kept.set(state.id, { state, usedAt });
      tasks += state.tasks.length;
      for (const [id, oldest] of kept) {
        if (tasks <= maxTasks && usedAt - oldest.usedAt <= IDLE_MS) break;
        drop(id);
      }
    },
    drop,
  };
}
