import type { Decision } from '#server/domain/engine/decide.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { RunId } from '#server/domain/ids.ts';

/** What agents need of the engine besides somewhere to report to. */
export interface EnginePort {
  /** Room has come free there, as `agentSource` names it. */
  offerWaiting(source: string): void;
  /** Puts a queued task into its queue once more, here; `revision`: of its run, as it was seen. False: it is there no more. */
  sendAgain(task: QueuedTask): Promise<boolean>;
}

export interface QueuedTask {
  runId: RunId;
  index: number;
  epoch: number;
  revision: number;
}

/** One run's step, as the engine announces it after its commit. */
export interface CommittedStep {
  before: RunState;
  decision: Decision;
}
