import type { RunPlan } from '#server/coordinator/run-plan.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Announcer } from '#server/realtime/announcer.ts';

interface ProgressOptions {
  metrics: Metrics;
  announcer: Announcer;
  /** Left out: others are told. */
  isTold?(): boolean;
}

/** After each commit: counts what happened and nudges those who listen. The events in the database are what was really said. */
export function announceProgress({ metrics, announcer, isTold }: ProgressOptions): (plan: RunPlan) => void {
  return ({ decision: { events, state } }) => {
    if (events.length === 0) return;
    for (const event of events) metrics.countEvents(event.type, 1);
    if (isTold?.() ?? true) announcer.moved(state);
  };
}
