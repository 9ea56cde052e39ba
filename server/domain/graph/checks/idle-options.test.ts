import { describe, expect, it } from 'vitest';
import type { GraphInput } from '../schema.ts';
import { type ProblemCode, validateGraph } from '../validate.ts';

type StageInput = Partial<GraphInput['stages'][number]>;

const ofOne = (stage: StageInput): GraphInput => ({ stages: [{ key: 'a', type: 'echo', ...stage }] });
const problemsOf = (document: GraphInput) => validateGraph(document).problems;

/** Where in the one stage there is a problem of that code. */
const pathsOf = (code: ProblemCode, stage: StageInput): string[] =>
  problemsOf(ofOne(stage))
    .filter((problem) => problem.code === code)
    .map(({ path }) => path.slice(2).join('.'));

describe('options without effect', () => {
  it.each<[retry: NonNullable<StageInput['retry']>, path: string | null]>([
    [{ initialSeconds: 5, jitter: 0 }, 'retry.initialSeconds'],
    [{ on: ['agent'] }, 'retry.on'],
    [{ maxAttempts: 1, backoff: 'exponential', initialSeconds: 1 }, null],
    [{ maxAttempts: 2, on: ['agent'], initialSeconds: 5 }, null],
  ])('warn of pauses and reasons for attempts that there are none of: %j', (retry, path) => {
    expect(pathsOf('retry-never', { retry })).toEqual(path === null ? [] : [path]);
  });

  it.each<[what: string, stage: StageInput, paths: string[]]>([
    ['a condition that is always true', { condition: '1 < 2' }, ['condition']],
    ['a loss among the failures', { retry: { maxAttempts: 2, on: ['agent', 'lost'] } }, ['retry.on.1']],
    [
      'a longest pause that none gets to',
      { retry: { maxAttempts: 3, backoff: 'fixed', maxSeconds: 60 } },
      ['retry.maxSeconds'],
    ],
    ['a share of no pause', { retry: { maxAttempts: 3, initialSeconds: 0, jitter: 1 } }, ['retry.jitter']],
    [
      'its own type among the capabilities',
      { agent: { requireCapabilities: ['draw', 'echo'] } },
      ['agent.requireCapabilities.1'],
    ],
    ['a weight of 0', { agent: { prefer: [{ label: 'fast', weight: 0 }] } }, ['agent.prefer.0.weight']],
    ['a preference of nothing', { agent: { prefer: [{ weight: 3 }] } }, ['agent.prefer.0']],
    [
      'preferences of what everybody has',
      {
        agent: {
          ...{ requireLabels: ['gpu'], requireCapabilities: ['draw'] },
          prefer: [{ label: 'gpu' }, { capability: 'draw' }, { capability: 'echo' }, { label: 'near' }],
        },
      },
      ['agent.prefer.0', 'agent.prefer.1', 'agent.prefer.2'],
    ],
    ['a preference among one', { agent: { pinned: 'box', prefer: [{ label: 'near' }] } }, ['agent.prefer.0']],
  ])('warn of %s, and leave the graph publishable', (_, stage, paths) => {
    expect(pathsOf('no-effect', stage)).toEqual(paths);
    expect(validateGraph(ofOne(stage)).ok).toBe(true);
  });

  it('let options be that change something, or that say what holds anyway', () => {
    const retry = { maxAttempts: 3, backoff: 'fixed', initialSeconds: 1_800, maxSeconds: 1_800 } as const;
    const agent = { prefer: [{ label: 'far', weight: -1 }, { capability: 'draw' }] };
    const condition = 'input.rows > 0';
    expect(problemsOf(ofOne({ retry, agent, condition, priority: 'medium', onFailure: 'fail-run' }))).toEqual(
      [],
    );
  });
});
