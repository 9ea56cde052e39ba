import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attempt, Stage } from '../use-run.ts';
import { buildTimeline, busyStretches, linesOf } from './model.ts';
import { createScale, sideOf, ticksOf } from './scale.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const at = (ms: number) => new Date(START + ms).toISOString();
const stage = (place: number, more: Partial<Stage>): Stage =>
  ({
    stage: place,
    key: `s${place}`,
    after: [],
    state: 'pending',
    attempt: 0,
    ready_at: null,
    started_at: null,
    finished_at: null,
    ...more,
  }) as Stage;
const attempt = (place: number, more: Partial<Attempt>): Attempt =>
  ({
    stage: place,
    epoch: more.attempt ?? 1,
    attempt: 1,
    state: 'failed',
    agent_id: 'agent_1',
    error: null,
    ready_at: null,
    started_at: null,
    finished_at: null,
    ...more,
  }) as Attempt;
const build = (
  stages: Stage[],
  attempts: Attempt[] = [],
  more: { finishedAt?: string; nowMs?: number; handOuts?: [place: number, atMs: number][] } = {},
) =>
  buildTimeline({
    stages,
    attempts,
    handOuts: (more.handOuts ?? []).map(([place, ms], epoch) => ({
      ...{ stage: place, epoch: epoch + 1, queued_at: at(ms) },
    })),
    createdAt: at(0),
    finishedAt: more.finishedAt ?? null,
    now: START + (more.nowMs ?? 1000),
  });

describe('the waterfall of a run', () => {
  test('has a segment for each wait, attempt and pause between attempts', () => {
    const one = stage(0, { state: 'succeeded', attempt: 2, finished_at: at(900) });
    const tries = [
      attempt(0, { ready_at: at(0), started_at: at(100), finished_at: at(300) }),
      attempt(0, {
        attempt: 2,
        state: 'succeeded',
        ready_at: at(600),
        started_at: at(650),
        finished_at: at(900),
      }),
    ];
    const [row] = build([one], tries).rows;
    expect(row?.segments.map(({ kind, from, to }) => [kind, from - START, to - START])).toEqual([
      ['wait', 0, 100],
      ['run', 100, 300],
      ['pause', 300, 600],
      ['wait', 600, 650],
      ['run', 650, 900],
    ]);
  });

  test('tells the wait for somebody who is free from the time in a queue, for each attempt', () => {
    const one = stage(0, { state: 'succeeded', attempt: 2, finished_at: at(900) });
    const tries = [
      attempt(0, { ready_at: at(0), started_at: at(100), finished_at: at(300) }),
      attempt(0, {
        ...{ attempt: 2, state: 'succeeded' },
        ...{ ready_at: at(600), started_at: at(650), finished_at: at(900) },
      }),
    ];
    const handOuts: [number, number][] = [
      [0, 40],
      // Sent on to another queue: it was handed out before.
      [0, 70],
      [0, 600],
    ];
    const [row] = build([one], tries, { handOuts }).rows;
    expect(row?.segments.map(({ kind, from, to }) => [kind, from - START, to - START])).toEqual([
      ['wait', 0, 40],
      ['dispatch', 40, 100],
      ['run', 100, 300],
      ['pause', 300, 600],
      ['dispatch', 600, 650],
      ['run', 650, 900],
    ]);
    expect(row?.tries[0]?.segments.map(({ kind }) => kind)).toEqual(['wait', 'dispatch', 'run']);
  });

  test('what lies in a queue does so until now, and of what was not put into one all is a wait', () => {
    const lying = stage(0, { state: 'queued', attempt: 1, ready_at: at(0) });
    const waiting = stage(1, { state: 'ready', ready_at: at(0) });
    const { rows } = build([lying, waiting], [], { handOuts: [[0, 250]] });
    expect(
      rows.map(({ segments }) => segments.map(({ kind, from, to }) => [kind, from - START, to - START])),
    ).toEqual([
      [
        ['wait', 0, 250],
        ['dispatch', 250, 1000],
      ],
      [['wait', 0, 1000]],
    ]);
  });

  test('is a tree: below a stage that is open stand its attempts, each with its own part of the time', () => {
    const tries = [
      attempt(0, { state: 'lost', ready_at: at(0), started_at: at(100), finished_at: at(300) }),
      attempt(0, {
        epoch: 2,
        state: 'succeeded',
        ready_at: at(600),
        started_at: at(650),
        finished_at: at(900),
      }),
    ];
    const { rows } = build([stage(0, { state: 'succeeded', attempt: 1 }), stage(1, {})], tries);
    expect(linesOf(rows, new Set()).map(({ row }) => row.stage.key)).toEqual(['s0', 's1']);
    const lines = linesOf(rows, new Set(['s0', 's1', 'gone']));
    expect(lines.map(({ row, one }) => [row.stage.key, one?.epoch])).toEqual([
      ['s0', undefined],
      ['s0', 1],
      ['s0', 2],
      ['s1', undefined],
    ]);
    expect(lines[1]?.one).toMatchObject({ state: 'lost', agentId: 'agent_1' });
    expect(lines[2]?.one?.segments.map(({ kind, from }) => [kind, from - START])).toEqual([
      ['wait', 600],
      ['run', 650],
    ]);
  });

  test('what goes on reaches to now, and what waits for its next attempt too', () => {
    const going = stage(0, { state: 'running', ready_at: at(0), started_at: at(200) });
    const waiting = stage(1, { state: 'retrying', attempt: 1 });
    const failed = attempt(1, { started_at: at(0), finished_at: at(400) });
    const { rows, to } = build([going, waiting], [failed]);
    expect(rows[0]?.segments.at(-1)).toMatchObject({ kind: 'run', to: START + 1000 });
    expect(rows[1]?.segments.at(-1)).toMatchObject({ kind: 'pause', from: START + 400, to: START + 1000 });
    expect(to).toBe(START + 1000);
  });

  test('an attempt that goes on after a lost one is no pause', () => {
    const going = stage(0, { state: 'running', attempt: 2, started_at: at(600) });
    const tries = [
      attempt(0, { state: 'lost', started_at: at(0), finished_at: at(400) }),
      attempt(0, { attempt: 2, state: 'running', ready_at: at(500), started_at: at(600) }),
    ];
    const [row] = build([going], tries).rows;
    expect(row?.segments.map(({ kind, from, to }) => [kind, from - START, to - START])).toEqual([
      ['run', 0, 400],
      ['pause', 400, 500],
      ['wait', 500, 600],
      ['run', 600, 1000],
    ]);
  });

  test('a stage that was passed over is a point where that was decided, and one that never began is nothing', () => {
    const { rows } = build([stage(0, { state: 'skipped', finished_at: at(500) }), stage(1, {})]);
    expect(rows.map(({ segments }) => segments.map(({ kind }) => kind))).toEqual([['point'], []]);
  });

  test('what a run that goes on waits for just now is never folded, what it waited for once may be', () => {
    const done = stage(0, { state: 'succeeded', ready_at: at(0), started_at: at(0), finished_at: at(10) });
    const waiting = stage(1, { state: 'ready', ready_at: at(10) });
    const going = build([done, waiting], [], { nowMs: 5000 });
    expect(createScale(going, busyStretches(going)).folds).toEqual([]);
    const late = stage(1, {
      state: 'succeeded',
      ready_at: at(10),
      started_at: at(4990),
      finished_at: at(5000),
    });
    const over = build([done, late], [], { finishedAt: at(5000) });
    expect(createScale(over, busyStretches(over)).folds).toEqual([{ from: START + 10, to: START + 4990 }]);
  });

  test('marks the stages that made the run as long as it was', () => {
    const done = (place: number, after: number[], ms: number) =>
      stage(place, { after, state: 'succeeded', started_at: at(0), finished_at: at(ms) });
    const { rows } = build([done(0, [], 100), done(1, [0], 300), done(2, [0], 700), done(3, [1, 2], 900)]);
    expect(rows.filter(({ isCritical }) => isCritical).map(({ stage: { stage: place } }) => place)).toEqual([
      0, 2, 3,
    ]);
  });

  test('follows a path of ten thousand stages to its start', () => {
    const stages = Array.from({ length: 10_000 }, (_, place) =>
      stage(place, {
        after: place === 0 ? [] : [place - 1],
        state: 'succeeded',
        started_at: at(place),
        finished_at: at(place + 1),
      }),
    );
    expect(build(stages).rows.filter(({ isCritical }) => isCritical)).toHaveLength(10_000);
  });
});

describe('the scale', () => {
  test('keeps the order of moments and finds its way back, folded or not', () => {
    const stretch = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    fc.assert(
      fc.property(
        fc.option(fc.array(stretch, { maxLength: 6 })),
        fc.array(fc.nat(1000), { minLength: 2 }),
        (busy, times) => {
          const scale = createScale({ from: 0, to: 1000 }, busy ?? undefined);
          expect(scale.at(0)).toBeCloseTo(0);
          expect(scale.at(1000)).toBeCloseTo(1);
          const sorted = [...times].sort((a, b) => a - b);
          for (const [place, moment] of sorted.entries()) {
            expect(scale.at(moment)).toBeGreaterThanOrEqual(scale.at(sorted[place - 1] ?? 0) - 1e-9);
            expect(scale.timeAt(scale.at(moment))).toBeCloseTo(moment, 5);
          }
        },
      ),
    );
  });

  test('draws a long idle stretch short', () => {
    const busy = [
      { from: 0, to: 100 },
      { from: 9900, to: 10_000 },
    ];
    const scale = createScale({ from: 0, to: 10_000 }, busy);
    expect(scale.folds).toEqual([{ from: 100, to: 9900 }]);
    expect(scale.at(9900) - scale.at(100)).toBeLessThan(0.05);
    expect(createScale({ from: 0, to: 10_000 }).folds).toEqual([]);
  });

  test('says its last mark before it where the words would be cut after it, unless another stands there', () => {
    expect(sideOf(0, undefined, 0.75)).toBe('after');
    expect(sideOf(0.7, 0.4, 0.75)).toBe('after');
    expect(sideOf(0.9, 0, 0.75)).toBe('before');
    expect(sideOf(0.9, 0.6, 0.75)).toBe('none');
  });

  test('has a handful of round moments, whatever it shows', () => {
    for (const length of [7, 950, 61_000, 86_400_000 * 40]) {
      const window = { from: START, to: START + length };
      const ticks = ticksOf(createScale(window), { ...window, origin: START, most: 8 });
      expect(ticks.length).toBeGreaterThan(3);
      expect(ticks.length).toBeLessThan(20);
    }
  });
});
