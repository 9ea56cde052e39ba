import { useSyncExternalStore } from 'react';

/** A value that can be watched. Each editor has its own few, made when it opens. */
export interface Observable<Value> {
  get(): Value;
  set(next: Value): void;
  subscribe(listener: () => void): () => void;
}

export function observable<Value>(initial: Value): Observable<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What is picked must be the same while nothing of it changes: a part of the value, or something plain. */
export function useObserved<Value, Picked>(
  source: Observable<Value>,
  pick: (value: Value) => Picked,
): Picked {
  const read = () => pick(source.get());
  return useSyncExternalStore(source.subscribe, read, read);
}
