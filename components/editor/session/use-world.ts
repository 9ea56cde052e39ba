import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { PipelineId, RunId } from '../../../server/domain/ids.ts';
import { isJsonObject } from '../../../server/domain/json.ts';
import { isRunOver, isTaskSuccess } from '../../../server/domain/statuses.ts';
import { type Answer, query, useFresh } from '../../data/index.ts';
import { overlayOf } from '../canvas/run-overlay.ts';
import type { Editor } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import { useObserved } from '../store/observable.ts';
import { newestPublished } from './newest-published.ts';

/** What the editor knows of the world: agents, the last run, and the run that it follows. */
export function useWorld(editor: Editor, followed: string | null): void {
  usePublished(editor);
  useCapabilities(editor);
  useSamples(editor, followed);
  useOverlay(editor, followed);
}

/** What is run is the newest version, whoever has published it: asked when somebody comes back to the window, runs or publishes. */
function usePublished({ published, pipelineId, asked }: Editor): void {
  const { data, refetch } = useQuery({
    ...query('pipelines.get', { id: pipelineId as PipelineId }),
    refetchOnMount: false,
    refetchOnWindowFocus: 'always',
  });
  const kind = useObserved(asked, (question) => question?.kind);
  useEffect(() => {
    if (kind === 'run' || kind === 'publish') void refetch();
  }, [kind, refetch]);
  useEffect(() => published.set(newestPublished(published.get(), data?.version)), [data, published]);
}

function useCapabilities({ capabilities }: Editor): void {
  const question = query('agents.capabilities', {});
  const { data } = useQuery(question);
  useFresh({ agents: true }, { keys: [question.queryKey], everyMs: 2_000 });
  useEffect(() => {
    if (!data) return;
    capabilities.set(new Map(data.capabilities.map((told) => [told.name, toCapability(told)])));
  }, [data, capabilities]);
}

function toCapability(told: Answer<'agents.capabilities'>['capabilities'][number]): Capability {
  const { name, description, serving, config_schema, input_schema, output_schema } = told;
  return {
    ...{ name, description, serving },
    configSchema: schemaOf(config_schema),
    inputSchema: schemaOf(input_schema),
    outputSchema: schemaOf(output_schema),
  };
}

const schemaOf = (told: unknown) => (isJsonObject(told) ? told : null);

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
    overlay.set(overlayOf(run, overlay.get()));
  }, [run, followed, overlay]);
}
