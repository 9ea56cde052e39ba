import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { PipelineId, RunId } from '../../../server/domain/ids.ts';
import { isJsonObject } from '../../../server/domain/json.ts';
import { isRunOver, isTaskSuccess } from '../../../server/domain/statuses.ts';
import { type Answer, query, useFresh } from '../../data/index.ts';
import type { Editor, StageState } from '../context.ts';

/** What the editor knows of the world: agents, the last run, and the run that it follows. */
export function useWorld(editor: Editor, followed: string | null): void {
  useCapabilities(editor);
  useSamples(editor, followed);
  useOverlay(editor, followed);
}

function useCapabilities({ capabilities }: Editor): void {
  const question = query('agents.capabilities', {});
  const { data } = useQuery(question);
  useFresh({ agents: true }, { keys: [question.queryKey], everyMs: 2_000 });
  useEffect(() => {
    if (!data) return;
    const known = data.capabilities.map(({ name, description, serving, config_schema }) => {
      const configSchema = isJsonObject(config_schema) ? config_schema : null;
      return [name, { name, description, serving, configSchema }] as const;
    });
    capabilities.set(new Map(known));
  }, [data, capabilities]);
}

type Run = Answer<'runs.get'>;

/** What stages gave in the run that is followed, else in the last one. */
function useSamples({ samples, pipelineId }: Editor, followed: string | null): void {
  const { data: list } = useQuery(query('runs.list', { pipeline_id: pipelineId as PipelineId, limit: 1 }));
  const id = followed ?? list?.runs[0]?.id;
  const { data: run } = useQuery({
    ...query('runs.get', { id: (id ?? '') as RunId }),
    enabled: id !== undefined,
  });
  useEffect(() => {
    if (!run) return;
    const done = run.stages.filter(({ state }) => isTaskSuccess(state));
    samples.set(new Map(done.map(({ key, output }) => [key, output])));
  }, [run, samples]);
}

function useOverlay({ overlay }: Editor, followed: string | null): void {
  const question = query('runs.get', { id: (followed ?? '') as RunId });
  const { data: run } = useQuery({ ...question, enabled: followed !== null });
  const isOpen = run === undefined || !isRunOver(run.status);
  useFresh(followed !== null && isOpen ? { run_id: followed as RunId } : undefined, {
    keys: [question.queryKey],
  });
  useEffect(() => {
    if (followed === null || !run) {
      overlay.set(null);
      return;
    }
    const before = overlay.get();
    const known = before?.runId === run.id ? before.stages : new Map<string, StageState>();
    overlay.set({
      runId: run.id,
      stages: new Map(run.stages.map((stage) => [stage.key, stateOf(stage, known)])),
    });
  }, [run, followed, overlay]);
}

/** The same object while nothing of it has changed, so that its stage is not drawn again. */
function stateOf(stage: Run['stages'][number], known: ReadonlyMap<string, StageState>): StageState {
  const { key, state, attempt, started_at, finished_at, error, skipped_because, waiting } = stage;
  const note = error?.message ?? skipped_because ?? waiting?.sentence ?? null;
  const next = { status: state, attempt, startedAt: started_at, finishedAt: finished_at, note };
  const before = known.get(key);
  return before && JSON.stringify(before) === JSON.stringify(next) ? before : next;
}
