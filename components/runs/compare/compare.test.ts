import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Run, Stage } from '../run/use-run.ts';
import { compareRuns, isNoRunId } from './compare-runs.ts';
import { aroundChanges, diffLines } from './diff-lines.ts';
import { mergeGraphs } from './merge-graphs.ts';
import { contentOf, partsToLoad, withContents } from './stored-parts.ts';

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

  test('a stage that another version made something else of is different, however it ended', () => {
    const typed = (type: string) => run({ ...stage('fetch', 'succeeded', 10), type } as Stage);
    const isDifferent = (a: string, b: string) => compareRuns(typed(a), typed(b))[0]?.isDifferent;
    expect([isDifferent('http', 'sql'), isDifferent('http', 'http')]).toEqual([true, false]);
  });

  test('a stage that one of them does not have is different', () => {
    const [pair] = compareRuns(run(stage('only', 'succeeded', 1)), run());
    expect(pair).toMatchObject({ key: 'only', isDifferent: true, deltaMs: undefined, b: undefined });
  });
});

describe('two graphs in one', () => {
  const graph = (keys: string, wires: string) => ({
    stages: [...keys].map((key, x) => ({ key, ui: { x, y: 0 } })),
    dependencies: wires.split(' ').map((wire) => ({ from: wire[0] ?? '', to: wire[1] ?? '' })),
  });
  const wiresOf = ({ dependencies = [] }: ReturnType<typeof mergeGraphs>) =>
    dependencies.map(({ from, to }) => from + to).join(' ');

  test('have the stages and connections of both, each once, and the places of the second', () => {
    const merged = mergeGraphs(graph('abx', 'ab bx'), graph('bac', 'ab bc'));
    expect(merged.stages.map(({ key, ui }) => [key, ui])).toEqual([
      ['b', { x: 0, y: 0 }],
      ['a', { x: 1, y: 0 }],
      ['c', { x: 2, y: 0 }],
      ['x', undefined],
    ]);
    expect(wiresOf(merged)).toBe('ab bc bx');
  });

  test('never close a circle, however the two go round', () => {
    expect(wiresOf(mergeGraphs(graph('abc', 'ab bc'), graph('abc', 'cb ba')))).toBe('cb ba');
    const wire = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));
    const downhill = (order: readonly number[]) =>
      fc.array(wire, { maxLength: 12 }).map((pairs) => ({
        stages: order.map((at) => ({ key: `${at}` })),
        dependencies: pairs
          .filter(([from, to]) => from < to)
          .map(([from, to]) => ({ from: `${order[from]}`, to: `${order[to]}` })),
      }));
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }).chain(downhill);
    fc.assert(
      fc.property(order, order, (first, second) => {
        const { stages, dependencies = [] } = mergeGraphs(first, second);
        const left = new Set(stages.map(({ key }) => key));
        // Stage by stage whatever waits for nothing that is left is taken away: of a circle some would stay.
        for (let turn = 0; turn < stages.length; turn++)
          for (const key of left)
            if (!dependencies.some(({ from, to }) => to === key && left.has(from))) left.delete(key);
        expect([...left]).toEqual([]);
      }),
    );
  });
});

describe('values with parts that are stored apart', () => {
  const [x, y] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
  const part = (hash: string, bytes?: number) => ({
    $object: hash,
    contentType: 'application/json',
    ...(bytes === undefined ? {} : { bytes }),
  });

  test('are read where they differ, and left alone where both refer to the same', () => {
    const { parts, when } = partsToLoad({ same: part(x, 9e9), mine: part(y, 100) }, { same: part(x, 9e9) });
    expect(parts.map((ofRun) => ofRun.map(({ hash }) => hash))).toEqual([[y], []]);
    expect(when).toBe('now');
  });

  test('are read when somebody asks if they are large or do not say how large, and never beyond what a page bears', () => {
    const whenOf = (bytes?: number) => partsToLoad(part(x, bytes), null).when;
    expect([whenOf(1_000), whenOf(1_000_000), whenOf(), whenOf(50_000_000)]).toEqual([
      ...['now', 'asked', 'asked', 'never'],
    ]);
  });

  test('are compared by what they say, in their places', () => {
    const contents = new Map([[x, contentOf({ isJson: true }, '{"n":1}')]]);
    expect(withContents({ a: [part(x, 7), part(y, 7)], b: 1 }, contents)).toEqual({
      ...{ a: [{ n: 1 }, part(y, 7)], b: 1 },
    });
    expect(contentOf({ isJson: false }, 'one\ntwo')).toEqual(['one', 'two']);
    expect(contentOf({ isJson: true }, '{"cut')).toEqual(['{"cut']);
  });
});

test('what is no id of a run is told apart from what is not typed yet', () => {
  expect(['', '  ', `run_${'0'.repeat(32)}`, ` run_${'0'.repeat(32)} `].map(isNoRunId)).not.toContain(true);
  expect(['run_1', 'nonsense', `task_${'0'.repeat(32)}`].map(isNoRunId)).not.toContain(false);
});
