import { describe, expect, test } from 'vitest';
import { compileGraph } from '../graph/compile.ts';
import { graphSchema } from '../graph/schema.ts';
import { criticalPath } from './critical-path.ts';
import { createLedgers, type EndedRun, type EndedTask, foldRun } from './fold.ts';

const graph = compileGraph(
  graphSchema.parse({
    stages: ['first', 'quick', 'slow', 'last'].map((key) => ({ key, type: 'work' })),
    dependencies: [
      { from: 'first', to: 'quick' },
      { from: 'first', to: 'slow' },
      { from: 'quick', to: 'last' },
      { from: 'slow', to: 'last' },
    ],
  }),
);
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const task = (index: number, [readyAt, startedAt, finishedAt]: readonly number[], more = {}): EndedTask => ({
  ...{ index, stageKey: graph.stages[index]?.key ?? '', capability: 'work', status: 'succeeded', epoch: 1 },
  ...{ agentId: ONE, readyAt: readyAt ?? null, startedAt: startedAt ?? null, finishedAt: finishedAt ?? null },
  ...more,
});
const TASKS = [
  task(0, [0, 10, 100]),
  task(1, [100, 110, 200]),
  task(2, [100, 150, 500], { agentId: TWO }),
  task(3, [500, 510, 600]),
];
const run = (more: Partial<EndedRun> = {}): EndedRun => ({
  ...{ pipelineId: null, versionId: '9'.repeat(32), status: 'succeeded', errorGroup: null, labels: [] },
  ...{ createdAt: 0, finishedAt: 600, tasks: TASKS, attempts: [] },
  ...more,
});

describe('the critical path', () => {
  test('goes back from the last end by whoever was waited for, and its parts are the whole time', () => {
    expect([...criticalPath(TASKS, graph)]).toEqual([
      [3, 100],
      [2, 400],
      [0, 100],
    ]);
  });

  test('of a run in which nothing happened is empty', () => {
    expect(criticalPath([], graph).size).toBe(0);
    expect(criticalPath([task(0, [])], graph).size).toBe(0);
  });
});

describe('a run that has ended is counted', () => {
  test('once for all, and once for each agent and each tag of its own', () => {
    const ledgers = createLedgers();
    foldRun(ledgers, run({ labels: ['tag:nightly', 'env=prod'] }), graph);
    const places = ledgers.runs.entries().map(({ dimensions: { agent_id, tag } }) => [agent_id, tag]);
    expect(places).toEqual([
      [null, ''],
      [null, 'nightly'],
      [ONE, ''],
      [TWO, ''],
    ]);
    for (const { counts } of ledgers.runs.entries())
      expect(counts).toEqual({ succeeded: 1, failed: 0, cancelled: 0 });
  });

  test('with its duration only if it succeeded, with its kind of failure only if it failed', () => {
    const ledgers = createLedgers();
    const fates = [
      { status: 'succeeded' },
      { status: 'failed', errorGroup: 'e'.repeat(16) },
      { status: 'cancelled' },
    ] as const;
    for (const fate of fates) foldRun(ledgers, run({ ...fate, tasks: [] }), graph);
    expect(
      ledgers.runs
        .entries()
        .map(({ dimensions, counts, histograms }) => [
          dimensions.error_group,
          counts,
          histograms.durations.size,
        ]),
    ).toEqual([
      ['', { succeeded: 1, failed: 0, cancelled: 1 }, 1],
      ['e'.repeat(16), { succeeded: 0, failed: 1, cancelled: 0 }, 0],
    ]);
  });

  test('with each hand-out under the agent that had it, and none that was given back', () => {
    const ledgers = createLedgers();
    const attempt = { index: 2, startedAt: 110, finishedAt: 140 };
    const attempts = [
      { ...attempt, agentId: ONE, ended: 'lost' },
      { ...attempt, agentId: ONE, ended: 'failed' },
      { ...attempt, agentId: ONE, ended: 'released' },
    ];
    foldRun(ledgers, run({ tasks: [TASKS[2] as EndedTask], attempts }), graph);
    const counted = ledgers.tasks.entries().map(({ dimensions, counts }) => [dimensions.agent_id, counts]);
    expect(counted).toMatchObject([
      [TWO, { tasks: 1, attempts: 1, failed_attempts: 0, lost_attempts: 0, busy_ms: 350 }],
      [ONE, { tasks: 0, attempts: 2, failed_attempts: 1, lost_attempts: 1, busy_ms: 60 }],
    ]);
  });

  test('without tasks that nobody worked on', () => {
    const ledgers = createLedgers();
    foldRun(ledgers, run({ tasks: [task(0, [], { status: 'skipped', epoch: 0, agentId: null })] }), graph);
    expect(ledgers.tasks.entries().map(({ counts }) => counts.tasks)).toEqual([0]);
  });
});
