// @ts-check

/**
 * How long to wait before the next try: random below a limit that doubles, so that many callers of a server that has
 * just come back do not come all at once. What the server asks for is kept to.
 * @param {number} failures from 1 @param {{ firstMs?: number, mostMs?: number, retryAfterMs?: number | undefined }} [how]
 */
export function backoffMs(failures, { firstMs = 250, mostMs = 15_000, retryAfterMs } = {}) {
  const limit = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 16));
  const own = limit / 4 + Math.random() * limit * 0.75;
  return retryAfterMs === undefined ? own : retryAfterMs + Math.random() * firstMs;
}

/**
 * @param {number} ms @param {AbortSignal} [signal] ends it early, without an error
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Wakes whoever waits; rung while nobody does, it wakes the next at once. */
export function createBell() {
  let isRung = false;
  /** @type {() => void} */
  let wake = () => {};
  return {
    ring() {
      isRung = true;
      wake();
    },
    /** @param {number} ms at most */
    async wait(ms) {
      if (!isRung) {
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve(undefined);
          };
        });
      }
      isRung = false;
    },
  };
}
