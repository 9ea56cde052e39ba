import { describe, expect, it } from 'vitest';
import { exportYaml } from './canonical.ts';
import { compileGraph } from './compile.ts';
import { importDocument } from './import.ts';
import { type GraphInput, graphSchema } from './schema.ts';
import { validateGraph } from './validate.ts';

type Stages = { [key: string]: Partial<GraphInput['stages'][number]> };

/** One after the other, in the order in which they are named. */
function chainOf(stages: Stages, more: Partial<GraphInput> = {}): GraphInput {
  const keys = Object.keys(stages);
  return {
    stages: keys.map((key) => ({ key, type: 'echo', ...stages[key] })),
    dependencies: keys.slice(1).map((to, at) => ({ from: keys[at] ?? '', to })),
    ...more,
  };
}

const marksOf = (graph: GraphInput) => compileGraph(graphSchema.parse(graph)).marks;
const codesOf = (graph: GraphInput) =>
  validateGraph(graph).problems.map(({ code, path }) => [code, path.join('.')]);

describe('a graph without marks', () => {
  it('hides nothing', () => {
    expect(marksOf(chainOf({ a: {}, b: { sensitive: { output: false } } }))).toMatchObject({
      isAny: false,
      stages: [{ isQuiet: false }, { isQuiet: false }],
    });
  });
});

describe('the mark of an output', () => {
  it('goes on to the input of the stage after it, and not to what that makes of it', () => {
    const { stages, input } = marksOf(chainOf({ a: { sensitive: { output: ['/card'] } }, b: {}, c: {} }));
    expect(input).toBe(null);
    expect(stages).toEqual([
      { input: null, output: [['card']], isQuiet: true },
      { input: [['card']], output: null, isQuiet: true },
      { input: null, output: null, isQuiet: false },
    ]);
  });

  it('follows an expression to the field that is read, and hides all that is made of it', () => {
    const b = {
      input: {
        same: 'stages.a.output.card',
        last: 'stages.a.output.card.no.substring(12)',
        other: 'stages.a.output.name',
        state: 'stages.a.status',
        picked: 'stages.a.output[input.field]',
        listed: '[stages.a.output]',
      },
    };
    const { stages } = marksOf(chainOf({ a: { sensitive: { output: ['/card/no'] } }, b }));
    expect(stages[1]?.input).toEqual([['same', 'no'], ['last'], ['picked'], ['listed']]);
  });

  it('silences a stage that only decides by it, or reads what a silent one has said', () => {
    const { stages } = marksOf(
      chainOf({
        a: { sensitive: { output: ['/card'] } },
        b: { input: '1', condition: 'stages.a.output.card.no == "1"' },
        c: { input: 'stages.b.error' },
        d: { input: 'stages.b.status' },
      }),
    );
    expect(stages.map(({ isQuiet }) => isQuiet)).toEqual([true, true, true, false]);
  });

  it('is told apart by stage where several are joined', () => {
    const { stages } = marksOf({
      stages: [
        { key: 'a', type: 'echo', sensitive: { output: true } },
        { key: 'b', type: 'echo' },
        { key: 'c', type: 'echo' },
      ],
      dependencies: [
        { from: 'a', to: 'c' },
        { from: 'b', to: 'c' },
      ],
    });
    expect(stages[2]?.input).toEqual([['a']]);
  });
});

describe('the mark of an input', () => {
  it('goes back to what the run was given, and on to every stage that is given the same', () => {
    const { input, stages } = marksOf(
      chainOf({
        a: { input: 'input.order' },
        b: { input: { pay: 'input.order.card' }, sensitive: { input: ['/pay/no'] } },
      }),
    );
    expect(input).toEqual([['order', 'card', 'no']]);
    expect(stages[0]?.input).toEqual([['card', 'no']]);
  });

  it('goes back to the output of the stage before, and to the parameters', () => {
    const marks = marksOf(
      chainOf({
        a: {},
        b: { input: { text: 'stages.a.output.text + params.pin' }, sensitive: { input: true } },
        c: { input: '1' },
      }),
    );
    expect(marks.stages[0]?.output).toEqual([['text']]);
    expect(marks.parameters).toEqual([['pin']]);
    // Every agent is given the parameters.
    expect(marks.stages.every(({ isQuiet }) => isQuiet)).toBe(true);
  });

  it('goes back to all of it where the input is not mapped', () => {
    expect(marksOf(chainOf({ a: { sensitive: { input: true } } })).input).toBe('whole');
  });
});

describe('the mark of what a run is given', () => {
  it('goes on from there', () => {
    const graph = chainOf({ a: {}, b: { input: 'input.name' } }, { sensitive: { input: ['/card'] } });
    expect(marksOf(graph).stages).toEqual([
      { input: [['card']], output: null, isQuiet: true },
      { input: null, output: null, isQuiet: false },
    ]);
  });
});

describe('a document with marks', () => {
  const graph = chainOf(
    { a: { sensitive: { output: ['/card/no', '/to/*/name'] } } },
    { sensitive: { input: true } },
  );

  it('comes back from its text as it was', () => {
    const text = exportYaml(graphSchema.parse(graph));
    const read = importDocument(text, 'yaml');
    const { stages, sensitive } = graph;
    expect(read).toMatchObject({ ok: true, document: { stages, sensitive } });
  });

  it('is refused where a pointer is none, with its place', () => {
    for (const pointer of ['card', '', '/a~2', '$.card'])
      expect(codesOf(chainOf({ a: { sensitive: { output: [pointer] } } }))[0]?.[1]).toMatch(
        /^stages\.0\.sensitive\.output/,
      );
  });

  it('is warned of where a pointer hides nothing', () => {
    const closed = { type: 'object', properties: { card: {} }, additionalProperties: false };
    const wrong = chainOf({
      a: {
        input: { card: 'input.c' },
        outputSchema: closed,
        sensitive: { input: ['/cart'], output: ['/cart', '/card'] },
      },
    });
    expect(codesOf(wrong)).toEqual([
      ['mark-no-effect', 'stages.0.sensitive.input.0'],
      ['mark-no-effect', 'stages.0.sensitive.output.0'],
    ]);
  });

  it('is warned of where a stage may pass on what it is given, until it says that it does not', () => {
    const marked = { sensitive: { output: true as const } };
    expect(codesOf(chainOf({ a: marked, b: {} }))).toEqual([['mark-passed-on', 'stages.1']]);
    expect(codesOf(chainOf({ a: marked, b: { sensitive: { output: false } } }))).toEqual([]);
    expect(codesOf(chainOf({ a: marked, b: marked }))).toEqual([]);
  });
});
