import { type Spread, spreadOf } from '#server/domain/analytics/histogram.ts';
import type { Entry, RUN_SHAPE, TASK_SHAPE } from '#server/domain/analytics/ledger.ts';

type Counted<S extends typeof RUN_SHAPE | typeof TASK_SHAPE> = Pick<Entry<S>, 'counts' | 'histograms'>;

/** A share with what it is a share of: without the second the first says nothing. */
export interface Share {
  of: number;
  /** Null: of nothing. */
  value: number | null;
}

export const shareOf = (part: number, whole: number): Share => ({
  of: whole,
  value: whole === 0 ? null : part / whole,
});

export interface RunFigures {
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Of those that succeeded or failed: one that was called off says nothing of either. */
  success: Share;
  /** From its birth to its end, of those that succeeded. */
  duration: Spread;
}

export function runFigures({ counts, histograms }: Counted<typeof RUN_SHAPE>): RunFigures {
  const { succeeded, failed, cancelled } = counts;
  return {
    ...{ succeeded, failed, cancelled },
    success: shareOf(succeeded, succeeded + failed),
    duration: spreadOf(histograms.durations),
  };
}

export interface TaskFigures {
  /** Handed out at least once. */
  tasks: number;
  succeeded: number;
  failed: number;
  success: Share;
  /** Hand-outs beyond each task's first. */
  retries: Share;
  lost: number;
  busyMs: number;
  /** From a task's turn to the start of its last attempt. */
  wait: Spread;
  /** From there to its success. */
  time: Spread;
}

export function taskFigures({ counts, histograms }: Counted<typeof TASK_SHAPE>): TaskFigures {
  const { tasks, succeeded, failed, attempts } = counts;
  return {
    ...{ tasks, succeeded, failed },
    success: shareOf(succeeded, succeeded + failed),
    retries: shareOf(Math.max(0, attempts - tasks), tasks),
    lost: counts.lost_attempts,
    busyMs: counts.busy_ms,
    wait: spreadOf(histograms.waits),
    time: spreadOf(histograms.times),
  };
}
