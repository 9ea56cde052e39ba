/** Until when an answer must be there. It stands still while people think. */
export interface Deadline {
  readonly signal: AbortSignal;
  pause(): void;
  resume(): void;
  /** Ends what it is for, for a reason of its own. */
  end(reason: unknown): void;
  stop(): void;
}

export function createDeadline(options: { timeoutMs: number; now(): number; late(): unknown }): Deadline {
  const { timeoutMs, now, late } = options;
  const controller = new AbortController();
  let leftMs = timeoutMs;
  let since = now();
  let pauses = 0;
  let timer: NodeJS.Timeout | undefined;

  function run(): void {
    since = now();
    timer = setTimeout(() => controller.abort(late()), leftMs);
  }

  run();
  return {
    signal: controller.signal,
    pause() {
      pauses += 1;
      if (pauses > 1) return;
      clearTimeout(timer);
      leftMs = Math.max(0, leftMs - (now() - since));
    },
    resume() {
      pauses -= 1;
      if (pauses === 0 && !controller.signal.aborted) run();
    },
    end: (reason) => controller.abort(reason),
    stop: () => clearTimeout(timer),
  };
}
