import { expect, test } from 'vitest';
import type { RunStatus } from '../../server/domain/statuses.ts';
import { sharesOf, sumUp } from './last-runs.ts';

const run = (status: RunStatus, seconds: number | null) => ({
  status,
  created_at: '2026-01-01T00:00:00.000Z',
  finished_at: seconds === null ? null : new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
});

test('the sum counts what went well of what was judged: neither what goes on nor what was called off', () => {
  const runs = [
    run('running', null),
    run('cancelled', 900),
    run('failed', 50),
    run('succeeded', 4),
    run('succeeded', 2),
  ];
  expect(sumUp(runs)).toEqual({ good: 2, judged: 3, p95Ms: 4000 });
  expect(sumUp([])).toEqual({ good: 0, judged: 0, p95Ms: null });
});

test('of twenty durations the nineteenth is that within which 95 % are', () => {
  const runs = Array.from({ length: 20 }, (_, at) => run('succeeded', at + 1));
  expect(sumUp(runs).p95Ms).toBe(19_000);
});

test('bars are as high as their duration among the others, and one that goes on is as high as can be', () => {
  expect(sharesOf([run('succeeded', 10), run('failed', 5), run('running', null)])).toEqual([1, 0.5, 1]);
  expect(sharesOf([run('succeeded', 0)])).toEqual([0]);
});
