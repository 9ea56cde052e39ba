export interface Emitter<Event> {
  emit(event: Event): void;
  listen(listener: (event: Event) => void): () => void;
}

/** Typed fan-out for one kind of event. A listener that throws must not stop the others or the broker's I/O. */
export function makeEmitter<Event>(onListenerError: (error: unknown) => void): Emitter<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
