export interface Backoff {
  /** Acts later, after a longer pause each time. Does nothing while a try is already planned. */
  plan(): void;
  cancel(): void;
  /** It worked: the next pause is short again. */
  reset(): void;
  /** Tries since the last success. */
  tries(): number;
}

export interface BackoffOptions {
  firstMs: number;
  lastMs: number;
  /** Spreads the tries of many clients by a fifth to both sides. */
  random: () => number;
  act: () => void;
}

export function makeBackoff({ firstMs, lastMs, random, act }: BackoffOptions): Backoff {
  let tries = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    plan() {
      if (timer) return;
      const pauseMs = Math.min(firstMs * 2 ** Math.min(tries, 10), lastMs) * (0.8 + 0.4 * random());
      tries++;
      timer = setTimeout(() => {
        timer = undefined;
        act();
      }, pauseMs);
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
    reset() {
      tries = 0;
    },
    tries: () => tries,
  };
}
