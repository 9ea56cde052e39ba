import { expect, test } from 'vitest';
import { conditionOf } from './agent-condition.ts';

const hour = (succeeded: number, failed: number, lost = 0) => ({ succeeded, failed, lost });

test('an agent that is given work and fails half of it is failing, whether it fails or is lost', () => {
  expect(conditionOf('online', hour(0, 5))).toBe('failing');
  expect(conditionOf('busy', hour(5, 3, 2))).toBe('failing');
  expect(conditionOf('online', hour(5, 4))).toBe('online');
});

test('of a few attempts nothing is said, nor of an hour that nobody knows', () => {
  expect(conditionOf('online', hour(0, 4))).toBe('online');
  expect(conditionOf('online', undefined)).toBe('online');
});

test('who is given no work is as its state says', () => {
  for (const state of ['draining', 'paused', 'stale', 'offline', 'quarantined'] as const)
    expect(conditionOf(state, hour(0, 50))).toBe(state);
});
