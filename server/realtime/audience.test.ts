import { expect, test } from 'vitest';
import type { PipelineId, RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { createAudience } from './audience.ts';

const pipeline = (name: string) => `pipe_${name}` as PipelineId;
const run = (name: string) => `run_${name}` as RunId;

function news(runName: string, pipelineName: string | null): RunNews {
  return {
    runId: run(runName),
    pipelineId: pipelineName === null ? null : pipeline(pipelineName),
    status: 'running',
    isOver: false,
    seq: 1,
    progress: { currentStage: null, completedStages: [], progress: 0 },
    events: [],
  };
}

const a1 = news('1', 'a');
const a2 = news('2', 'a');
const b3 = news('3', 'b');
const all = [a1, a2, b3];

test('each hears what it asked for, once, in the order it happened', () => {
  const audience = createAudience<string>();
  audience.add('everything', 'everything');
  audience.add('everything', { run: run('1') });
  audience.add('pipeline', { pipeline: pipeline('a') });
  audience.add('pipeline and its run', { pipeline: pipeline('a') });
  audience.add('pipeline and its run', { run: run('2') });
  audience.add('two pipelines', { pipeline: pipeline('b') });
  audience.add('two pipelines', { pipeline: pipeline('a') });
  audience.add('run', { run: run('3') });
  audience.add('another run', { run: run('4') });
  const shares = audience.share(all);
  expect(Object.fromEntries(shares)).toEqual({
    everything: all,
    pipeline: [a1, a2],
    'pipeline and its run': [a1, a2],
    'two pipelines': [a1, a2, b3],
    run: [b3],
  });
});

test('who hears the same gets the same array, so that it is written out once', () => {
  const audience = createAudience<string>();
  for (const name of ['x', 'y']) audience.add(name, { pipeline: pipeline('a') });
  for (const name of ['v', 'w']) audience.add(name, 'everything');
  const shares = audience.share(all);
  expect(shares.get('x')).toBe(shares.get('y'));
  expect(shares.get('v')).toBe(shares.get('w'));
});

test('nobody is heard of any more who has left', () => {
  const audience = createAudience<string>();
  audience.add('x', { run: run('1') });
  expect(audience.hears(run('1'), null)).toBe(true);
  audience.remove('x', { run: run('1') });
  expect(audience.hears(run('1'), null)).toBe(false);
  expect([...audience.namedRuns()]).toEqual([]);
  expect(audience.share(all).size).toBe(0);
});
