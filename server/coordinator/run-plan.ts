import type { RunBirth } from '#db/queries/rows.ts';
import type { Decision } from '#server/domain/engine/decide.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { Entry } from './intake.ts';

/** One run's step in a batch. */
export interface RunPlan {
  before: RunState;
  decision: Decision;
  entries: Entry[];
  birth?: RunBirth;
}

/** Whether the run's row is written, and its revision grows. */
export function movesRun({ birth, before, decision }: RunPlan): boolean {
  const { touched, events, state } = decision;
  return birth !== undefined || touched.size > 0 || events.length > 0 || state.wakeAt !== before.wakeAt;
}

/**
 * A refusal changes nothing, so no commit checks the state that it rests on, and the cached one may be old: another
 * coordinator has handed the task out since. Such a refusal is only given after a look at the rows.
 */
export function refusesUnchecked(run: RunPlan): boolean {
  return !movesRun(run) && run.decision.replies.some((reply) => !reply.ok);
}
