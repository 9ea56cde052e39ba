/**
 * Collects calls while a flush is under way and does them in one statement. All calls of a flush get
 * the flush's answer, so for a countdown only one of them may act on it.
 * @template T
 * @param {(items: T[]) => Promise<any>} flush
 */
export function createBatcher(flush) {
  /** @type {{item: T, resolve: (value: any) => void, reject: (error: unknown) => void}[]} */
  let queued = [];
  let flushing = false;

  async function drain() {
    flushing = true;
    while (queued.length > 0) {
      const batch = queued;
      queued = [];
      try {
        const answer = await flush(batch.map(({ item }) => item));
        for (const [at, { resolve }] of batch.entries()) resolve(at === 0 ? answer : undefined);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    flushing = false;
  }

  return (/** @type {T} */ item) =>
    new Promise((resolve, reject) => {
      queued.push({ item, resolve, reject });
      if (!flushing) queueMicrotask(() => flushing || drain());
    });
}
