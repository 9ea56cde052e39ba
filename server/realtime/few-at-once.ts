export type FewAtOnce = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Runs so many pieces of work at once; the others wait, and begin in the order in which they came. */
export function createFewAtOnce(max: number): FewAtOnce {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // Who is let in by the one before takes over its place.
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
