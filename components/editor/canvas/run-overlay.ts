import type { Answer } from '../../data/index.ts';
import { saySkipped } from '../../looks/index.ts';
import type { RunOverlay, StageState } from '../context.ts';

type Run = Pick<Answer<'runs.get'>, 'id' | 'status' | 'stages'>;

/** How the stages of a run do. What has not changed is the same object as before, so that its stage is not drawn again. */
export function overlayOf(run: Run, before: RunOverlay | null): RunOverlay {
  const known = before?.runId === run.id ? before.stages : new Map<string, StageState>();
  return {
    runId: run.id,
    status: run.status,
    stages: new Map(run.stages.map((stage) => [stage.key, stateOf(stage, known)])),
  };
}

function stateOf(stage: Run['stages'][number], known: ReadonlyMap<string, StageState>): StageState {
  const { key, state, attempt, started_at, finished_at, error, skipped_because, waiting } = stage;
  const note =
    error?.message ?? (skipped_because ? saySkipped(skipped_because) : null) ?? waiting?.sentence ?? null;
  const next = { status: state, attempt, startedAt: started_at, finishedAt: finished_at, note };
  const before = known.get(key);
  return before && JSON.stringify(before) === JSON.stringify(next) ? before : next;
}
