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

export function createRunCache(maxTasks: number): RunCache {
  const states = new Map<RunId, RunState>();
  let tasks = 0;

  function drop(id: RunId): void {
    const state = states.get(id);
    if (!state) return;
    states.delete(id);
    tasks -= state.tasks.length;
  }

  return {
    get(id) {
      return states.get(id);
    },
    put(state) {
      drop(state.id);
      states.set(state.id, state);
      tasks += state.tasks.length;
      for (const id of states.keys()) {
        if (tasks <= maxTasks) break;
        drop(id);
      }
    },
    drop,
  };
}
