import { describe, expect, test } from 'vitest';
import {
  meantOf,
  NO_PARAMS,
  RUN_PARAMS,
  type RunFilter,
  type RunParams,
  runFilters,
  toRunFilter,
} from '../../components/runs/list/filters.ts';
import { runFilterInput } from '../api/operations/run-filter.ts';

// It stands here, where both sides may be looked at: the panel knows the API by its types alone.
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
