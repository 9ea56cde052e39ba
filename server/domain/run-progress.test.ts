import { expect, test } from 'vitest';
import type { RunEvent } from './engine/events.ts';
import type { AgentId } from './ids.ts';
import { advance, figuresOf, type RunProgress } from './run-progress.ts';

const agent = 'agent_1' as AgentId;
const started = (task: number): RunEvent => ({
  ...{ type: 'task.started', task, epoch: 1, agent },
  ...{ leaseUntil: 1, stopBy: 1 },
});

function fold(total: number, events: RunEvent[]): RunProgress {
  const progress: RunProgress = { seq: 0, tasks: new Map(), total };
  events.forEach((event, at) => {
    advance(progress, at + 1, event);
  });
  return progress;
}

test('the third stage of six runs half done after the first two', () => {
  const events: RunEvent[] = [
    { type: 'run.started' },
    started(0),
    { type: 'task.succeeded', task: 0, epoch: 1 },
    started(1),
    { type: 'task.succeeded', task: 1, epoch: 1 },
    started(2),
    { type: 'task.progressed', task: 2, progress: 0.5 },
  ];
  expect(figuresOf(fold(6, events))).toEqual({
    currentStage: 2,
    completedStages: [0, 1],
    progress: 2.5 / 6,
  });
});

test('a stage that a choice passed over is completed, one that could not run is only over', () => {
  const events: RunEvent[] = [
    { type: 'task.skipped', task: 0, reason: 'condition-false' },
    { type: 'task.skipped', task: 1, reason: 'upstream-failed' },
  ];
  expect(figuresOf(fold(2, events))).toEqual({ currentStage: null, completedStages: [0], progress: 1 });
});

test('an event that was taken in already changes nothing', () => {
  const progress = fold(1, [started(0), { type: 'task.progressed', task: 0, progress: 0.7 }]);
  advance(progress, 1, started(0));
  expect(figuresOf(progress).progress).toBe(0.7);
});
