/** Matches final outputs, which engines deliver to workers, with the callers that wait for them. */
export function createRunWaiters() {
  /** @type {Map<string, {resolve: (output: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  const keyOf = (/** @type {{lap: number, run: number}} */ payload) => `${payload.lap}/${payload.run}`;

  return {
    /** @param {{lap: number, run: number}} input */
    waitFor(input) {
      return new Promise((resolve, reject) => waiting.set(keyOf(input), { resolve, reject }));
    },
    /** @param {{lap: number, run: number}} output */
    finish(output) {
      const key = keyOf(output);
      waiting.get(key)?.resolve(output);
      waiting.delete(key);
    },
    /** @param {Error} error */
    failAll(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} size
 */
export function* chunk(items, size) {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
