import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Run, Stage } from '../run/use-run.ts';
import { compareRuns } from './compare-runs.ts';
import { aroundChanges, diffLines } from './diff-lines.ts';

const side = (lines: ReturnType<typeof diffLines>, left: 'gone' | 'new') =>
  lines.filter(({ kind }) => kind !== (left === 'gone' ? 'new' : 'gone')).map(({ text }) => text);

describe('the difference of two texts', () => {
  test('has both of them in it, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        expect(side(lines, 'gone')).toEqual(before);
        expect(side(lines, 'new')).toEqual(after);
      }),
    );
  });

  test('keeps what they have in common', () => {
    const lines = diffLines(['a', 'b', 'c'], ['a', 'x', 'c', 'd']);
    expect(lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'gone b',
      'new x',
      'same c',
      'new d',
    ]);
  });

  test('of large texts that have nothing in common is told all the same', () => {
    const long = (word: string) => Array.from({ length: 20_000 }, (_, at) => `${word} ${at}`);
    expect(diffLines(long('a'), long('b'))).toHaveLength(40_000);
  });

  test('is shown with what stands around it, and the rest is counted', () => {
    const before = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    const shown = aroundChanges(diffLines(before, before.with(50, 'other')));
    expect(shown[0]).toEqual({ skipped: 47 });
    expect(shown.at(-1)).toEqual({ skipped: 46 });
    expect(shown).toHaveLength(10);
  });
});

describe('two runs side by side', () => {
  const stage = (key: string, state: string, ms: number | undefined): Stage =>
    ({
      key,
      name: key,
      state,
      started_at: ms === undefined ? null : '2026-01-01T00:00:00.000Z',
      finished_at: ms === undefined ? null : new Date(Date.parse('2026-01-01') + ms).toISOString(),
    }) as Stage;
  const run = (...stages: Stage[]) => ({ stages }) as Pick<Run, 'stages'>;

  test('show what ended differently first, then what took the most longer or shorter', () => {
    const a = run(
      stage('fast', 'succeeded', 10),
      stage('slow', 'succeeded', 100),
      stage('broken', 'failed', 5),
    );
    const b = run(
      stage('fast', 'succeeded', 12),
      stage('slow', 'succeeded', 40),
      stage('broken', 'succeeded', 5),
    );
    const pairs = compareRuns(a, b);
    expect(pairs.map(({ key, deltaMs }) => [key, deltaMs])).toEqual([
      ['broken', 0],
      ['slow', -60],
      ['fast', 2],
    ]);
  });

  test('a stage that one of them does not have is different', () => {
    const [pair] = compareRuns(run(stage('only', 'succeeded', 1)), run());
    expect(pair).toMatchObject({ key: 'only', isDifferent: true, deltaMs: undefined, b: undefined });
  });
});
