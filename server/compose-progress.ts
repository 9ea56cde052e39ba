import type { RunPlan } from '#server/coordinator/run-plan.ts';
import type { Env } from '#server/platform/env.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Announcer } from '#server/realtime/announcer.ts';
import { KEY } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

interface ProgressOptions {
  env: Pick<Env, 'streamMaxEntries' | 'taskStateTtlSeconds'>;
  metrics: Metrics;
  announcer: Announcer;
  hotState: HotState;
  now(): number;
}

/**
 * After each commit: counts what happened, nudges those who listen, and keeps its latest progress in hot state.
 * All of it may be lost; the events in the database are what was really said.
 */
export function announceProgress({
  env,
  metrics,
  announcer,
  hotState,
  now,
}: ProgressOptions): (plan: RunPlan) => void {
  const cap = { maxEntries: env.streamMaxEntries, ttlSeconds: env.taskStateTtlSeconds };
  return ({ decision }) => {
    const { events, state } = decision;
    if (events.length === 0) return;
    for (const event of events) {
      metrics.countEvents(event.type, 1);
      if (event.type !== 'task.progressed') continue;
      const { task, progress, note } = event;
      const fields = { task: String(task), progress: String(progress), at: String(now()), note: note ?? '' };
      hotState.appendStream(KEY.runProgress(state.id), fields, cap).catch(() => undefined);
    }
    announcer.moved(state);
  };
}
