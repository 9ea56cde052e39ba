import { describe, expect, test } from 'vitest';
import { driveRun } from '#server/testing/engine/drive-run.ts';
import type { GraphInput } from '../graph/schema.ts';
import { makeId } from '../ids.ts';

const CHAIN: GraphInput = {
  stages: ['a', 'b', 'c'].map((key) => ({ key, type: 'echo' })),
  dependencies: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ],
};

describe('one stage alone', () => {
  test('a stage is run alone on what was given before it, and all others are left out', () => {
    const run = driveRun(CHAIN);
    const from = makeId('run', 'f'.repeat(32));
    run.tell({ type: 'start', reuse: [{ task: 0, from, output: 'old' }], only: 1 });
    expect(run.last?.inputs.get(1)).toBe('old');
    run.succeed('b', 2);
    expect(run.state.status).toBe('succeeded');
    expect(run.state.tasks.map((task) => [task?.status, task?.skip])).toEqual([
      ['succeeded', null],
      ['succeeded', null],
      ['skipped', 'left-out'],
    ]);
  });

  test('a stage that is run alone and fails makes the run fail, and nothing starts after it', () => {
    const run = driveRun(CHAIN);
    run.tell({ type: 'start', only: 0 });
    run.fail('a');
    expect(run.state.status).toBe('failed');
    expect(run.events.filter(({ type }) => type === 'task.started')).toHaveLength(1);
  });
});
