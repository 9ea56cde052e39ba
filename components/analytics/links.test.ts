import { describe, expect, test } from 'vitest';
import { meantOf, NO_PARAMS, toRunFilter } from '../runs/list/filters.ts';
import { behindAgent, behindStage, runsHref } from './links.ts';

const ended = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' };
const pipeline = `pipe_${'1'.repeat(32)}`;
const agent = `agent_${'2'.repeat(32)}`;
const RANGE = { finished_after: ended.from, finished_before: ended.to };

/** What the list of runs is asked for at an address. */
function asked(href: string) {
  const { status, sort, ...rest } = Object.fromEntries(new URL(href, 'http://here').searchParams);
  const params = { ...NO_PARAMS, ...rest, status: status ? status.split(',') : null } as typeof NO_PARAMS;
  const now = Date.parse(ended.to);
  expect(meantOf(params, now).lost).toEqual([]);
  return { ...toRunFilter(params, now), ...(sort ? { sort } : {}) };
}

describe('the list behind a figure', () => {
  test('tells its times in the zone that the figure is of, if one was chosen', () => {
    expect(runsHref({ ended, zone: 'Europe/Vienna' })).toContain('&zone=Europe%2FVienna');
    expect(runsHref({ ended, zone: null })).not.toContain('zone');
  });

  test('of a stage is of runs that had it, in which it failed, and in which it was tried again', () => {
    const links = behindStage({ pipeline, version: '3', stage: 'fetch', stage_type: 'http' }, ended);
    const own = { ...RANGE, pipeline_id: pipeline, version: 3, stage: 'fetch', stage_type: 'http' };
    expect(asked(links.all)).toEqual(own);
    expect(asked(links.failed)).toEqual({ ...own, stage_outcome: 'failed' });
    expect(asked(links.retried)).toEqual({ ...own, stage_outcome: 'retried' });
    expect(asked(links.slowest)).toEqual({ ...own, sort: 'duration:desc' });
  });

  test('of stand-alone tasks is theirs, and not that of all runs', () => {
    const alone = { ...RANGE, trigger: 'task', stage: 'task', stage_type: 'greet' };
    expect(asked(behindStage({ pipeline: null, stage: 'task', stage_type: 'greet' }, ended).all)).toEqual(
      alone,
    );
  });

  test('of an agent is what it worked on, whatever tag was looked at before', () => {
    const links = behindAgent({ agent, tag: null }, ended);
    const own = { ...RANGE, agent_id: agent };
    expect(asked(links.all)).toEqual(own);
    expect(asked(links.failed)).toEqual({ ...own, stage_outcome: 'attempt_failed' });
    expect(asked(links.lost)).toEqual({ ...own, stage_outcome: 'attempt_lost' });
    expect(asked(links.slowest)).toEqual({ ...own, sort: 'duration:desc' });
  });
});
