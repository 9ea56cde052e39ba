import type { RunBirth } from '#db/queries/rows.ts';
import type { Decision } from '#server/domain/engine/decide.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { isTaskReady } from '#server/domain/statuses.ts';
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

/** The revision of the run's row once the plan is committed. */
export const revisionAfter = (plan: RunPlan): number =>
  plan.before.revision + Number(movesRun(plan) && !plan.birth);

/** A task of it has just come up that no agent known here can do; another process may have one. */
export function strandsTask({ before, decision }: RunPlan): boolean {
  for (const index of decision.touched) {
    const was = before.tasks[index]?.status;
    const is = decision.state.tasks[index];
    if (is?.wait?.code === 'no-agent' && isTaskReady(is.status) && !(was && isTaskReady(was))) return true;
  }
  return false;
}

/**
 * A refusal changes nothing, so no commit checks the state that it rests on, and the cached one may be old: another
 * coordinator has handed the task out since. Such a refusal is only given after a look at the rows.
 */
export function refusesUnchecked(run: RunPlan): boolean {
  return !movesRun(run) && run.decision.replies.some((reply) => !reply.ok);
}
