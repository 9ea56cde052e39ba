import { describe, expect, test } from 'vitest';
import { failedOf, isFiltered, meantOf, NO_PARAMS, toRunFilter } from './filters.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const PIPELINE = `pipe_${'1'.repeat(32)}`;

describe('filters of an address', () => {
  test('that say something are all asked for', () => {
    const params = {
      ...NO_PARAMS,
      status: ['failed' as const],
      id: 'run_01a',
      trigger: 'api',
      replayed: 'no',
    };
    expect(meantOf(params, NOW)).toEqual({ meant: params, lost: [] });
    expect(toRunFilter(params, NOW)).toEqual({
      ...{ status: ['failed'], id_prefix: 'run_01a', trigger: 'api', replayed: false },
    });
  });

  test('that mean nothing are no filters that are on, so that nobody acts on all runs by one of them', () => {
    const params = { ...NO_PARAMS, id: 'zzz', duration: 'long', pipeline: 'pipe_x' };
    const { meant, lost } = meantOf(params, NOW);
    expect(lost.toSorted()).toEqual(['duration', 'id', 'pipeline']);
    expect(isFiltered(meant)).toBe(false);
  });

  test('of a status that does not exist filter nothing, also beside one that does', () => {
    for (const status of [['nonsense'], ['failed', 'nonsense']])
      expect(meantOf({ ...NO_PARAMS, status }, NOW)).toEqual({ meant: NO_PARAMS, lost: ['status'] });
  });

  test('of a stage are asked for, and no other words than those for how one may have gone', () => {
    const params = { ...NO_PARAMS, stage: 'fetch', stage_type: 'http', stage_outcome: 'retried' };
    expect(toRunFilter(params, NOW)).toEqual({
      stage: 'fetch',
      stage_type: 'http',
      stage_outcome: 'retried',
    });
    const unclear = { ...NO_PARAMS, stage: 'no key', stage_type: '?', stage_outcome: 'went' };
    expect(meantOf(unclear, NOW).lost.toSorted()).toEqual(['stage', 'stage_outcome', 'stage_type']);
  });

  test('of a version count with its pipeline alone', () => {
    expect(meantOf({ ...NO_PARAMS, version: '3' }, NOW).lost).toEqual(['version']);
    expect(meantOf({ ...NO_PARAMS, version: '3', pipeline: PIPELINE }, NOW).lost).toEqual([]);
  });

  test('are told as lost each, also where several stand beside one that counts', () => {
    const { meant, lost } = meantOf({ ...NO_PARAMS, status: ['running' as const], group: 'x', id: '-' }, NOW);
    expect(lost.toSorted()).toEqual(['group', 'id']);
    expect(meant.status).toEqual(['running']);
  });
});

describe('the failed runs of a list', () => {
  const failed = { status: ['failed'], replayed: false };

  test('are those that its filters leave', () => {
    expect(failedOf({})).toEqual(failed);
    expect(failedOf({ tag: 'night', status: ['running', 'failed'] })).toEqual({ tag: 'night', ...failed });
  });

  test('are none where it lists others', () => {
    expect(failedOf({ status: ['running', 'paused', 'cancelling'] })).toBeUndefined();
    expect(failedOf({ replayed: true })).toBeUndefined();
  });
});
