import { isRunFailure, isRunOver, isRunSuccess, type RunStatus } from '../../server/domain/statuses.ts';

export interface LastRun {
  status: RunStatus;
  created_at: string;
  finished_at: string | null;
}

export interface LastRunsSum {
  good: number;
  /** Those that went well and those that failed. */
  judged: number;
  /** Null: none went well. */
  p95Ms: number | null;
}

export const durationOf = ({ created_at: from, finished_at: to }: LastRun): number | null =>
  to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from));

/** What the strip says in numbers: the same runs, so they cannot disagree with it. */
export function sumUp(runs: readonly LastRun[]): LastRunsSum {
  const good = runs.filter(({ status }) => isRunSuccess(status));
  const bad = runs.filter(({ status }) => isRunFailure(status));
  const durations = good.flatMap((run) => durationOf(run) ?? []).sort((a, b) => a - b);
  const at = Math.ceil(durations.length * 0.95) - 1;
  return { good: good.length, judged: good.length + bad.length, p95Ms: durations[at] ?? null };
}

/** How high each bar stands: by its duration among those of the strip. One that goes on is as high as can be. */
export function sharesOf(runs: readonly LastRun[]): number[] {
  const longest = Math.max(1, ...runs.map((run) => durationOf(run) ?? 0));
  return runs.map((run) => (isRunOver(run.status) ? (durationOf(run) ?? 0) / longest : 1));
}
