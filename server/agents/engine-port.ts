import type { Decision } from '#server/domain/engine/decide.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';

/** What agents need of the engine besides somewhere to report to. */
export interface EnginePort {
  /** Room has come free there, as `agentSource` names it. */
  offerWaiting(source: string): void;
  /** Puts a queued task into its queue once more, here; `revision`: of its run, as it was seen. False: it is there no more. */
  sendAgain(task: QueuedTask): Promise<boolean>;
  /** An attempt waits for somebody, or does so no longer. */
  tell(runId: RunId, happening: StandBy, more: { orgId: OrgId }): Promise<Reply>;
}

type StandBy = Extract<Happening, { type: 'stand-by' }>;

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
