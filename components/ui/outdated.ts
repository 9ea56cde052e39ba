/** A server that answers and lacks a part is of another version than the page: waiting would not help. */
export const REFUSALS = 3;
const PATIENCE_MS = 3000;

export async function isServerThere(): Promise<boolean> {
  try {
    await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  }
}

/** Whether the server has been replaced by one of another version since this page came: parts of the page are gone then. */
export interface Outdated {
  /** A part could not be had. Says whether the server is there, for only then it counts. */
  refused(): Promise<boolean>;
  /** A part was had. */
  had(): void;
  /** It is certain. */
  tell(): void;
  get(): boolean;
  subscribe(listener: () => void): () => void;
}

export function watchForOutdated(isThere: () => Promise<boolean> = isServerThere): Outdated {
  let refusals = 0;
  let isOutdated = false;
  const listeners = new Set<() => void>();
  const tell = () => {
    isOutdated = true;
    for (const listener of listeners) listener();
  };
  return {
    async refused() {
      if (!(await isThere())) return false;
      refusals += 1;
      if (refusals >= REFUSALS && !isOutdated) tell();
      return true;
    },
    had() {
      refusals = 0;
    },
    tell,
    get: () => isOutdated,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Of this tab: it has come as one, and one reload makes all of it new. */
export const outdated = watchForOutdated();
