import { listOperations } from '#server/api/operations/index.ts';
import { type RunId, taskId } from '#server/domain/ids.ts';

/** What is read about: the first run has so many stages, each of the others one. */
interface ReadAbout {
  runs: readonly string[];
  /** Those that go on. Whoever follows one is answered without an end. */
  openRuns: readonly string[];
  stages: number;
  agent: string;
  pipeline: string;
  connection: string;
  /** Dead ones. */
  letters: readonly string[];
  /** In the workspace of the first run. */
  file: string;
  /** That a log may be searched for. */
  words: string;
}

/** Every operation that reads, of what has to do with these, with all that can be asked of it beyond a first answer. */
export function* readingsOf(about: ReadAbout): Generator<string> {
  for (const { operation } of listOperations()) {
    if (operation.method !== 'GET') continue;
    for (const path of pathsOf(operation.path, about)) {
      yield path;
      for (const query of queriesOf(path, about)) yield `${path}${query}`;
    }
  }
}

/** Others take ids of things that have nothing to do with a run. */
function pathsOf(path: string, about: ReadAbout): readonly string[] {
  const { runs, openRuns, stages, agent, pipeline, connection, letters } = about;
  const withId = (ids: readonly string[]) => ids.map((id) => path.replace('{id}', encodeURIComponent(id)));
  if (path === '/api/v1/runs/{id}/objects/{hash}') return [];
  if (path.startsWith('/api/v1/runs/{id}')) return withId([...runs, ...openRuns]);
  if (path.startsWith('/api/v1/tasks/{id}')) {
    const [first = '', ...others] = [...runs, ...openRuns];
    const places = Array.from({ length: stages }, (_, at) => taskId(first as RunId, at));
    return withId([...places, ...others.map((id) => taskId(id as RunId, 0))]);
  }
  if (path.startsWith('/api/v1/agents/{id}/tasks')) return [];
  if (path.startsWith('/api/v1/agents/{id}')) return withId([agent]);
  if (path.startsWith('/api/v1/pipelines/{id}'))
    return withId([pipeline]).map((each) => each.replace('{number}', '1'));
  if (path.startsWith('/api/v1/mcp/connections/{id}')) return withId([connection]);
  if (path === '/api/v1/dead-letters/{id}') return withId(letters);
  return path.includes('{') ? [] : [path];
}

function queriesOf(path: string, { openRuns, file, words }: ReadAbout): readonly string[] {
  if (path.endsWith('/logs')) return [`?search=${words}`, '?level=warn'];
  if (path.endsWith('/workspace/file') || path.endsWith('/workspace/diff')) return [`?path=${file}`];
  const isEndless = openRuns.some((id) => path.includes(id));
  return path.endsWith('/events') && !isEndless ? ['?follow=1'] : [];
}
