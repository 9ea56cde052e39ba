export interface Pace {
  /** Something has moved. */
  moved(): void;
  stop(): void;
}

interface PaceOptions {
  /** Resolves when what was asked for is there. */
  ask(): Promise<unknown>;
  /** In the long run it is asked so often at most. */
  everyMs(): number;
  now(): number;
  /** Gives what calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** One step of a run is a few pieces of news: what ended, what begins, who has it. */
const IN_A_ROW = 3;

/**
 * When to ask anew. News is followed at once, a few pieces in a row too: somebody waits for that very step. Only a
 * stream of it is slowed down. And there is one question at a time: where answers take longer than news, each new
 * question would take the place of the one before, and none would ever be answered.
 */
export function createPace({ ask, everyMs, now, after }: PaceOptions): Pace {
  let left = IN_A_ROW;
  let countedAt = now();
  let isAsking = false;
  let isBehind = false;
  let callOff: (() => void) | undefined;

  const count = () => {
    left = Math.min(IN_A_ROW, left + (now() - countedAt) / everyMs());
    countedAt = now();
  };
  const go = () => {
    callOff = undefined;
    isBehind = false;
    isAsking = true;
    count();
    left -= 1;
    const done = () => {
      isAsking = false;
      if (isBehind) moved();
    };
    ask().then(done, done);
  };
  function moved() {
    isBehind = true;
    if (isAsking || callOff) return;
    count();
    if (left >= 1) go();
    else callOff = after((1 - left) * everyMs(), go);
  }
  return {
    moved,
    stop() {
      callOff?.();
      isBehind = false;
    },
  };
}
