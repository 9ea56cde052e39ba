import type { ErrorClass } from '../graph/schema.ts';
import type { AgentId, RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { WaitCode } from '../statuses.ts';

/** What went wrong in an attempt, as it is kept and shown. `message` is text from an agent: hostile. */
export interface TaskError {
  class: ErrorClass;
  code: string;
  message: string;
  details?: JsonObject;
}

/** Every agent that took the task vanished: it is failed, and set aside for people to look at. */
export const POISON = 'POISON';

export const isPoison = ({ class: errorClass, code }: TaskError): boolean =>
  errorClass === 'lost' && code === POISON;

/** Why nothing was started, with what blocks it. */
export interface Wait {
  code: WaitCode;
  /** What blocks, as people call it: an agent, a key, a capability. */
  blockers?: string[];
  /** By which those of it can be looked up whose name is not their id. */
  ids?: string[];
  /** Milliseconds since 1970, where it began apart from the task's own times. */
  since?: number;
}

/** Why this agent and not another: kept on the attempt. */
export interface Routing {
  reason: string;
  rejected?: { agent: string; reason: string }[];
}

export const SKIP_REASONS = [
  'condition-false',
  'branch-not-taken',
  'upstream-failed',
  'run-failing',
  /** Another stage was to be run alone. */
  'left-out',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/**
 * One entry of a run's dense, append-only sequence. Folding them with `evolve` gives the state of the run:
 * `decide` changes nothing by any other way. `task` is the task's place in the run.
 * Payloads are no part of it: an output is kept on the task's row, and an input can be built again from those.
 */
export type RunEvent =
  | { type: 'run.started' }
  | { type: 'run.paused' }
  | { type: 'run.resumed' }
  /** The verdict is settled: what runs is stopped and only handlers of failure still start. */
  | { type: 'run.failing'; error: TaskError; task?: number }
  | { type: 'run.cancelling'; forceAt: number }
  | { type: 'run.succeeded' }
  | { type: 'run.failed'; error: TaskError }
  | { type: 'run.cancelled' }
  | { type: 'task.ready'; task: number; wait: Wait; queueBy?: number }
  | { type: 'task.waiting'; task: number; wait: Wait; queueBy?: number }
  | {
      type: 'task.queued';
      task: number;
      epoch: number;
      queue: string;
      redeliverAt: number;
      queueBy?: number;
      routing?: Routing;
    }
  | {
      type: 'task.started';
      task: number;
      epoch: number;
      agent: AgentId;
      leaseUntil: number;
      stopBy: number;
      routing?: Routing;
    }
  | { type: 'task.progressed'; task: number; progress: number; note?: string }
  /** People are asked something before the attempt goes on, and its time stands still. */
  | { type: 'task.standing-by'; task: number; epoch: number; wait: Wait; stopBy: number; progress: number }
  | { type: 'task.went-on'; task: number; epoch: number; stopBy: number; progress: number }
  | { type: 'task.succeeded'; task: number; epoch: number }
  | { type: 'task.reused'; task: number; from: RunId }
  /** The attempt is charged to the budget and another follows. */
  | { type: 'task.retrying'; task: number; error: TaskError; dueAt: number }
  /** The attempt ended without an answer; it is not charged to the budget and the task is ready again. */
  | { type: 'task.lost'; task: number; epoch: number; error: TaskError; queueBy?: number }
  /**
   * The agent gave it back unfinished; the task is ready again. With `dueAt` it was given back so often that it is not
   * offered before then.
   */
  | {
      type: 'task.released';
      task: number;
      epoch: number;
      queueBy?: number;
      dueAt?: number;
      error?: TaskError;
    }
  | { type: 'task.failed'; task: number; error: TaskError }
  /** `why`, in a sentence, where the reason alone would leave people guessing. */
  | { type: 'task.skipped'; task: number; reason: SkipReason; why?: string }
  | { type: 'task.cancelled'; task: number };
