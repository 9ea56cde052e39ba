import type { TaskError } from '#server/domain/engine/events.ts';
import type { Happening, Outcome, Placement } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { untouchedTask } from '#server/domain/engine/state.ts';
import { isTaskOver, isTaskUntouched } from '#server/domain/statuses.ts';
import { agentNumber } from './drive-run.ts';
import type { Pick } from './random-graph.ts';

export const QUEUE = 'echo.task';

export function randomPlacement(pick: Pick): Placement {
  const roll = pick(10);
  if (roll < 6) return { kind: 'start', agent: agentNumber(1 + pick(3)) };
  if (roll < 8) return { kind: 'queue', queue: QUEUE };
  return { kind: 'wait', wait: { code: roll === 8 ? 'agents-full' : 'no-agent', blockers: ['echo'] } };
}

function randomOutcome(pick: Pick): Outcome {
  const roll = pick(100);
  if (roll < 60) return { status: 'succeeded', output: { n: pick(10) } };
  if (roll < 65) return { status: 'succeeded', output: null };
  if (roll < 72) return { status: 'cancelled' };
  const classes: TaskError['class'][] = ['agent', 'timeout', 'invalid-input', 'rate-limited'];
  const error: TaskError = { class: classes[pick(4)] ?? 'agent', code: 'BROKEN', message: 'it broke' };
  return { status: 'failed', error };
}

/** Anything at all that somebody could say to a run: mostly to the point, often late, doubled or nonsense. */
export function randomHappening(pick: Pick, state: RunState): Happening {
  const task = randomTask(pick, state);
  const { status, ...known } = state.tasks[task] ?? untouchedTask(task);
  const epoch = pick(8) === 0 ? pick(4) : known.epoch;
  const agent = known.agent === null || pick(8) === 0 ? agentNumber(1 + pick(3)) : known.agent;
  const roll = pick(100);
  if (roll < 38) {
    const from = pick(6) === 0 ? null : agent;
    return { type: 'result', task, epoch, agent: from, outcome: randomOutcome(pick) };
  }
  if (roll < 46) return { type: 'accept', task, epoch, agent };
  if (roll < 54) return { type: 'beat', task, epoch, agent, progress: pick(150) / 100 };
  if (roll < 58) return { type: 'release', task, epoch, agent };
  if (roll < 61) {
    const wait = pick(2) === 0 ? null : { code: 'question' as const };
    return { type: 'stand-by', task, epoch, wait, moreMs: (pick(7) - 3) * 20_000 };
  }
  if (roll < 63) return { type: 'offer', task };
  if (roll < 64) return { type: 'send-again', task, epoch };
  if (roll < 82) return { type: 'tick' };
  if (roll < 84) return { type: 'tick', full: true, unheard: true };
  if (roll < 88) return { type: 'tick', full: true, gone: new Set([agent]), emptyQueues: new Set([QUEUE]) };
  if (roll < 91) return { type: 'pause' };
  if (roll < 95) return { type: 'resume' };
  if (roll < 97) return { type: 'cancel', graceMs: pick(4) * 3000 };
  if (roll < 98) return { type: 'start' };
  return { type: 'retry-now', task };
}

/** Mostly one that is under way, sometimes any, sometimes one that does not exist. */
function randomTask(pick: Pick, state: RunState): number {
  const open = state.tasks.filter(
    (task) => task && !isTaskOver(task.status) && !isTaskUntouched(task.status),
  );
  if (open.length > 0 && pick(10) > 0) return open[pick(open.length)]?.index ?? 0;
  return pick(state.tasks.length + 2);
}
