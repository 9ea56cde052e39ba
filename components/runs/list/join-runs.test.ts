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

const BY_BIRTH = { by: 'created', isAscending: false } as const;
const WHOLE = { news: new Map(), order: BY_BIRTH, hasMore: false };
const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;

describe('the rows of a list of runs', () => {
  test('stay where they are; what came since is counted above them', () => {
    const head = [run('c', { created_at: at(9) }), run('b')];
    const { rows, newer } = joinRuns({ ...WHOLE, loaded: [run('b'), run('a')], head, hasMore: true });
    expect(rows.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(newer).toBe(1);
  });

  test('a run that began before the first row and comes into the list now is counted; one below the last is not loaded yet', () => {
    const loaded = [run('b', { created_at: at(5) }), run('a', { created_at: at(3) })];
    const came = run('late to fail', { created_at: at(4) });
    const below = run('below', { created_at: at(1) });
    const head = [...loaded, came, below];
    expect(joinRuns({ ...WHOLE, loaded, head, hasMore: true }).newer).toBe(1);
    expect(joinRuns({ ...WHOLE, loaded, head }).newer).toBe(2);
  });

  test('are counted in the order of the list: by their ends, and from the oldest on', () => {
    const order = { by: 'finished', isAscending: false } as const;
    const loaded = [run('a', { created_at: at(8), finished_at: at(8) })];
    const ended = run('long', { created_at: at(1), finished_at: at(9) });
    const before = run('short', { created_at: at(1), finished_at: at(2) });
    const given = { ...WHOLE, loaded, head: [ended, ...loaded, before], order, hasMore: true };
    expect(joinRuns(given).newer).toBe(1);
    expect(joinRuns({ ...given, order: { ...order, isAscending: true } }).newer).toBe(1);
    const both = [ended, run('longer', { created_at: at(1), finished_at: at(9) })];
    expect(joinRuns({ ...given, head: both }).newer).toBe(2);
  });

  test('are counted by how long they took, wherever they stand in the list; one of the same length is not called new', () => {
    const order = { by: 'duration', isAscending: false } as const;
    const took = (id: string, seconds: number) => run(id, { created_at: at(0), finished_at: at(seconds) });
    const loaded = [took('long', 8), took('short', 3)];
    const head = [took('between', 5), took('longest', 9), took('shortest', 1), took('alike', 3)];
    const given = { ...WHOLE, loaded, head, order };
    expect(joinRuns({ ...given, hasMore: true }).newer).toBe(2);
    const rising = { ...given, loaded: loaded.toReversed(), order: { ...order, isAscending: true } };
    expect(joinRuns({ ...rising, hasMore: true }).newer).toBe(3);
    expect(joinRuns(given).newer).toBe(4);
  });

  test('are as new as the newest that is known of them', () => {
    const loaded = [run('a'), run('b')];
    const head = [run('a', { seq: 9, status: 'succeeded' })];
    const heard = foldNews(new Map(), [news('a'), news('b', { status: 'paused' })]);
    const { rows } = joinRuns({ ...WHOLE, loaded, head, news: heard });
    expect(rows.map(({ status }) => status)).toEqual(['succeeded', 'paused']);
  });

  test('end with the time and the error of the last event', () => {
    const error = { class: 'agent', code: 'BAD', message: 'no' } as const;
    const events = [{ seq: 5, at: 0, event: { type: 'run.failed', error } }] as RunNews['events'];
    const heard = foldNews(new Map(), [news('a', { status: 'failed', isOver: true, events })]);
    const [row] = joinRuns({ ...WHOLE, loaded: [run('a')], head: [], news: heard }).rows;
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
