import { describe, expect, test } from 'vitest';
import { runFilterInput } from '../../../server/api/operations/run-filter.ts';
import {
  isFiltered,
  meantOf,
  NO_PARAMS,
  RUN_PARAMS,
  type RunFilter,
  type RunParams,
  runFilters,
  toRunFilter,
} from './filters.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const PIPELINE = `pipe_${'1'.repeat(32)}`;

/** What an address has to say for each thing that the API can be asked for. */
const ASKED: { [Field in keyof Required<RunFilter>]: Partial<RunParams> } = {
  pipeline_id: { pipeline: PIPELINE },
  version: { pipeline: PIPELINE, version: '3' },
  version_id: { version_id: `ver_${'1'.repeat(32)}` },
  status: { status: ['failed'] },
  created_after: { created: '7d' },
  created_before: { created: '2026-01-01T00:00:00Z~2026-02-01T00:00:00Z' },
  finished_after: { finished: '7d' },
  finished_before: { finished: '2026-01-01T00:00:00Z~2026-02-01T00:00:00Z' },
  min_duration_ms: { duration: '5000~' },
  max_duration_ms: { duration: '~5000' },
  tag: { tag: 'nightly' },
  agent_id: { agent: `agent_${'1'.repeat(32)}` },
  trigger: { trigger: 'api' },
  error_group: { group: 'a'.repeat(16) },
  id_prefix: { id: 'run_01' },
  metadata: { metadata: 'env=prod' },
  replay_of: { replay_of: `run_${'1'.repeat(32)}` },
  min_waiting_ms: { waiting: '5m' },
  replayed: { replayed: 'no' },
  stage: { stage: 'fetch' },
  stage_type: { stage_type: 'http' },
  stage_outcome: { stage_outcome: 'retried' },
};

describe('the list of runs knows every filter', () => {
  test.each(Object.keys(runFilterInput) as (keyof RunFilter)[])('of the API: %s', (field) => {
    const params = { ...NO_PARAMS, ...ASKED[field] };
    expect(toRunFilter(params, NOW)).toHaveProperty(field);
    expect(meantOf(params, NOW).lost).toEqual([]);
  });

  test('and has a chip for each that an address can name', () => {
    const none = { rows: [], isCut: false };
    const chips = runFilters(none, none).map(({ key }) => key);
    expect(chips.toSorted()).toEqual(Object.keys(RUN_PARAMS).toSorted());
  });
});

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
