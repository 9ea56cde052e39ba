import { type After, afterMs } from '#server/platform/after.ts';

/** Until when an answer must be there. It stands still while people think. */
export interface Deadline {
  /** Fires also when whoever waits has gone. */
  readonly signal: AbortSignal;
  /** Why it was ended from here; null: it was not. */
  why(): { reason: unknown } | null;
  pause(): void;
  resume(): void;
  /** Ends what it is for, for a reason of its own. */
  end(reason: unknown): void;
  stop(): void;
}

export interface DeadlineOptions {
  timeoutMs: number;
  /** Of whoever waits. */
  signal: AbortSignal;
  now(): number;
  late(): unknown;
  /** For tests, which do not wait. */
  after?: After | undefined;
}

export function createDeadline({
  timeoutMs,
  signal: waiting,
  now,
  late,
  after = afterMs,
}: DeadlineOptions): Deadline {
  const controller = new AbortController();
  let ended: { reason: unknown } | null = null;
  let leftMs = timeoutMs;
  let since = now();
  let pauses = 0;
  let stopClock: () => void = () => undefined;

  function run(): void {
    since = now();
    stopClock = after(leftMs, () => end(late()));
  }

  function end(reason: unknown): void {
    ended ??= { reason };
    controller.abort(reason);
  }

  const leave = () => controller.abort(waiting.reason);
  waiting.addEventListener('abort', leave);
  if (waiting.aborted) leave();
  run();
  return {
    signal: controller.signal,
    why: () => ended,
    pause() {
      pauses += 1;
      if (pauses > 1) return;
      stopClock();
      leftMs = Math.max(0, leftMs - (now() - since));
    },
    resume() {
      pauses -= 1;
      if (pauses === 0 && !controller.signal.aborted) run();
    },
    end,
    stop() {
      stopClock();
      waiting.removeEventListener('abort', leave);
    },
  };
}
