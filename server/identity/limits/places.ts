import type { Actor } from '../actor.ts';

/** How many lines on which events come each actor holds open in this process, by whatever door. */
export interface Places {
  /** Gives it back; null: the actor has as many as it may. */
  take(actor: Actor): (() => void) | null;
}

export function createPlaces(perActor: number): Places {
  const held = new Map<string, number>();
  return {
    take({ kind, orgId, id }) {
      const key = `${kind} ${orgId} ${id}`;
      const before = held.get(key) ?? 0;
      if (before >= perActor) return null;
      held.set(key, before + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (held.get(key) ?? 0) - 1;
        if (left > 0) held.set(key, left);
        else held.delete(key);
      };
    },
  };
}
