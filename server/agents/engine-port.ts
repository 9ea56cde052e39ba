import type { Decision } from '#server/domain/engine/decide.ts';
import type { RunState } from '#server/domain/engine/state.ts';

/** What agents need of the engine besides somewhere to report to. */
export interface EnginePort {
  /** Room has come free there, as `agentSource` names it. */
  offerWaiting(source: string): void;
}

/** One run's step, as the engine announces it after its commit. */
export interface CommittedStep {
  before: RunState;
  decision: Decision;
}
