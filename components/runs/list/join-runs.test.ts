import { describe, expect, test } from 'vitest';
import type { RunNews } from '../../../server/domain/live.ts';
import { foldNews, joinRuns } from './join-runs.ts';
import type { RunRow } from './run-row.ts';

const run = (id: string, more: Partial<RunRow> = {}): RunRow =>
  ({
    id,
    seq: 1,
    status: 'running',
    created_at: '2026-01-01T00:00:05.000Z',
    tasks_total: 4,
    ...more,
  }) as RunRow;
const news = (runId: string, more: Partial<RunNews> = {}): RunNews =>
  ({
    runId,
    seq: 5,
    status: 'running',
    isOver: false,
    progress: { progress: 0.5 },
    events: [],
    ...more,
  }) as RunNews;

describe('the rows of a list of runs', () => {
  test('stay where they are; what came since is counted above them', () => {
    const head = [run('c', { created_at: '2026-01-01T00:00:09.000Z' }), run('b')];
    const { rows, newer } = joinRuns({ loaded: [run('b'), run('a')], head, news: new Map() });
    expect(rows.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(newer).toBe(1);
  });

  test('a run that is older than the first row is not new, it only moved into the filter', () => {
    const head = [run('old', { created_at: '2026-01-01T00:00:01.000Z' })];
    expect(joinRuns({ loaded: [run('b')], head, news: new Map() }).newer).toBe(0);
  });

  test('are as new as the newest that is known of them', () => {
    const loaded = [run('a'), run('b')];
    const head = [run('a', { seq: 9, status: 'succeeded' })];
    const heard = foldNews(new Map(), [news('a'), news('b', { status: 'paused' })]);
    const { rows } = joinRuns({ loaded, head, news: heard });
    expect(rows.map(({ status }) => status)).toEqual(['succeeded', 'paused']);
  });

  test('end with the time and the error of the last event', () => {
    const error = { class: 'agent', code: 'BAD', message: 'no' } as const;
    const events = [{ seq: 5, at: 0, event: { type: 'run.failed', error } }] as RunNews['events'];
    const heard = foldNews(new Map(), [news('a', { status: 'failed', isOver: true, events })]);
    const [row] = joinRuns({ loaded: [run('a')], head: [], news: heard }).rows;
    expect(row).toMatchObject({ finished_at: '1970-01-01T00:00:00.000Z', tasks_left: 0, error });
  });

  test('news that come late change nothing, and not all are kept', () => {
    const first = foldNews(new Map(), [news('a', { seq: 7 })]);
    expect(foldNews(first, [news('a', { seq: 3 })]).get('a')?.seq).toBe(7);
    const many = foldNews(
      new Map(),
      Array.from({ length: 5000 }, (_, at) => news(`run ${at}`)),
    );
    expect(many.size).toBe(2000);
    expect(many.has('run 4999')).toBe(true);
  });
});
