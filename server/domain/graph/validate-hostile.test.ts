import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryEdges, arbitraryGraph, graphOfEdges } from '#server/testing/arbitrary-graphs.ts';
import { compileGraph } from './compile.ts';
import type { GraphInput } from './schema.ts';
import { PROBLEM_CODES, type Problem, type ProblemCode, validateGraph } from './validate.ts';

type StageInput = Partial<GraphInput['stages'][number]>;
type Edges = GraphInput['dependencies'];

/** Stages by key, in order; each of type echo unless it says otherwise. */
function graphOf(
  stages: { [key: string]: StageInput },
  dependencies: Edges = [],
  more: object = {},
): GraphInput {
  const list = Object.entries(stages).map(([key, stage]) => ({ key, type: 'echo', ...stage }));
  return { stages: list, dependencies, ...more };
}

function problemsOf(document: unknown): Problem[] {
  return validateGraph(document).problems;
}

function codesOf(document: unknown): ProblemCode[] {
  return problemsOf(document).map(({ code }) => code);
}

describe('hostile documents', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a text', 'stages'],
    ['a list', []],
    ['a function', () => 1],
    [
      'a cyclic object',
      (() => {
        const a: { [key: string]: unknown } = {};
        a.a = a;
        return a;
      })(),
    ],
    [
      'a getter that throws',
      {
        get stages() {
          throw new Error('no');
        },
      },
    ],
    ['keys of the prototype', JSON.parse('{"__proto__": {"stages": []}, "constructor": 1}')],
    ['a mapping with __proto__', JSON.parse('{"stages":[{"key":"a","type":"x","input":{"__proto__":"1"}}]}')],
    ['a huge text', { stages: [{ key: 'a'.repeat(10_000_000), type: 'x' }] }],
    ['a huge expression', { stages: [{ key: 'a', type: 'x', condition: '('.repeat(1_000_000) }] }],
  ])('%s is refused with a problem', (_, document) => {
    const result = validateGraph(document);
    expect(result.ok).toBe(false);
    expect(result.problems.length).toBeGreaterThan(0);
  });

  it('is refused when it is nested deep', () => {
    let config: unknown = {};
    for (let i = 0; i < 200_000; i++) config = { config };
    expect(codesOf({ stages: [{ key: 'a', type: 'x', config }] })).toEqual(['invalid-document']);
  });

  it('may use names of the prototype as keys of stages and fields', () => {
    const document = graphOf(
      { constructor: {}, toString: { input: { constructor: 'stages["constructor"].output' } } },
      [{ from: 'constructor', to: 'toString' }],
    );
    expect(codesOf(document)).toEqual([]);
    expect(codesOf(graphOf({ a: { input: 'stages.constructor.output' } }))).toEqual([
      'expression-unknown-stage',
    ]);
  });

  it('is refused when it holds more patterns than can be compiled in good time', () => {
    const stages = Array.from({ length: 3_000 }, (_, i) => ({
      key: `s${i}`,
      type: 'x',
      condition: `input.x.matches("a${i}")`,
    }));
    expect(problemsOf({ stages })).toMatchObject([{ code: 'too-large', severity: 'error' }]);
    const same = stages.map((stage) => ({ ...stage, condition: 'input.x.matches("a{900}")' }));
    expect(validateGraph({ stages: same }).ok).toBe(true);
  });

  it('gets a bounded number of problems', () => {
    const stages = Array.from({ length: 5000 }, (_, i) => ({ key: `${i}`, type: 'x' }));
    const problems = problemsOf({ stages });
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)?.code).toBe('too-many-problems');
  });

  it('stays publishable with any number of warnings, and shows the error among them', () => {
    const optional = { required: false, onFailure: 'fail-run' };
    const stages = Array.from({ length: 3000 }, (_, i) => ({ key: `s${i}`, type: 'x', ...optional }));
    const result = validateGraph({ stages });
    expect(result.ok).toBe(true);
    expect(result.problems).toHaveLength(1001);
    const loop = [{ from: 's0', to: 's0' }];
    expect(codesOf({ stages, dependencies: loop })).toContain('self-dependency');
    const retries = stages.map((stage) => ({ ...stage, retry: { maxAttempts: 2, on: [], whenOutput: '1' } }));
    expect(validateGraph({ stages: retries }).ok).toBe(false);
  });

  it('is answered whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
        (value) => {
          const { ok, problems } = validateGraph(value);
          expect(ok || problems.length > 0).toBe(true);
        },
      ),
    );
  });

  it('is answered when it is nearly a graph', () => {
    const holes = fc.constantFrom<unknown>(
      'stages.stage-0.output',
      '',
      5,
      null,
      [],
      {},
      'a',
      { expression: '1 +' },
      -1,
    );
    fc.assert(
      fc.property(arbitraryGraph, fc.nat(), holes, (graph, at, hole) => {
        const document = structuredClone(graph) as { stages: { [key: string]: unknown }[] };
        const stage = document.stages[at % document.stages.length];
        const keys = Object.keys(stage ?? {});
        if (stage) stage[keys[at % keys.length] ?? 'key'] = hole;
        const { ok, problems } = validateGraph(document);
        expect(problems.every(({ code, advice }) => PROBLEM_CODES.includes(code) && advice !== '')).toBe(
          true,
        );
        expect(ok).toBe(!problems.some(({ severity }) => severity === 'error'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('against a naive oracle', () => {
  /** `reaches[a][b]`: there is a way of one dependency or more. */
  function closureOf(size: number, edges: [number, number][]): boolean[][] {
    const reaches = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
    for (const [from, to] of edges) if (reaches[from]) reaches[from][to] = true;
    for (let via = 0; via < size; via++)
      for (const row of reaches)
        if (row[via]) for (let to = 0; to < size; to++) row[to] ||= reaches[via]?.[to] ?? false;
    return reaches;
  }

  it('finds the same circles and the same stages behind them, and compiles just what has none', () => {
    fc.assert(
      fc.property(arbitraryEdges(), ({ size, edges }) => {
        const simple = edges.filter(([from, to]) => from !== to);
        const reaches = closureOf(size, simple);
        const groups = new Set<string>();
        const behind = new Set<string>();
        for (let s = 0; s < size; s++) {
          const group = Array.from({ length: size }, (_, t) => t).filter(
            (t) => reaches[s]?.[t] && reaches[t]?.[s],
          );
          if (reaches[s]?.[s]) groups.add(group.map((t) => `s${t}`).join());
          else if (reaches.some((row, t) => row[s] && reaches[t]?.[t])) behind.add(`s${s}`);
        }
        const result = validateGraph(graphOfEdges({ size, edges }));
        const found = (code: ProblemCode) => result.problems.filter((problem) => problem.code === code);
        expect(new Set(found('cycle').map(({ stages }) => stages?.join()))).toEqual(groups);
        expect(found('cycle')).toHaveLength(groups.size);
        expect(new Set(found('unreachable-stage').map(({ stage }) => stage))).toEqual(behind);
        expect(result.ok).toBe(groups.size === 0 && simple.length === edges.length);
        if (!result.graph) throw new Error('the format is right, so there is a graph');
        if (!result.ok) {
          const { graph } = result;
          expect(() => compileGraph(graph)).toThrow('circle');
          return;
        }
        const { order } = compileGraph(result.graph);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
        for (const [from, to] of edges) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }),
      { numRuns: 500 },
    );
  });

  it('allows a read just where there is a way from the one stage to the other', () => {
    fc.assert(
      fc.property(arbitraryEdges(7), ({ size, edges }) => {
        const forward = edges.filter(([from, to]) => from < to);
        const reaches = closureOf(size, forward);
        const document = graphOfEdges({ size, edges: forward });
        for (const [i, stage] of document.stages.entries()) {
          const others = document.stages.filter((_, j) => i !== j);
          if (others.length > 0) stage.input = `[${others.map(({ key }) => `stages.${key}.status`).join()}]`;
        }
        const refused = problemsOf(document).map(({ stage, span, code }) => {
          expect(code).toBe('reference-not-upstream');
          const source = document.stages.find(({ key }) => key === stage)?.input as string;
          return `${stage} ${source.slice(span?.start, span?.end)}`;
        });
        const expected = document.stages.flatMap(({ key }, to) =>
          document.stages.flatMap((other, from) =>
            from === to || reaches[from]?.[to] ? [] : [`${key} stages.${other.key}.status`],
          ),
        );
        expect(refused.sort()).toEqual(expected.sort());
      }),
      { numRuns: 300 },
    );
  });
});

describe('large graphs', () => {
  const size = 10_000;
  const stages = (stage: (i: number) => StageInput = () => ({})) =>
    Array.from({ length: size }, (_, i) => ({ key: `s${i}`, type: 'echo', ...stage(i) }));

  it('validate with 10,000 stages, 50,000 dependencies and an expression in each', () => {
    const dependencies = Array.from({ length: 50_000 }, (_, i) => {
      const to = 1 + (i % (size - 1));
      const from = Math.max(0, to - 1 - Math.floor(i / (size - 1)) * 7);
      return { from: `s${from}`, to: `s${to}` };
    });
    const unique = [...new Map(dependencies.map((edge) => [`${edge.from} ${edge.to}`, edge])).values()];
    const document = {
      stages: stages((i) =>
        i > 1 ? { input: `stages.s${i - 1}.output.x + stages.s${i >> 1}.output.y` } : {},
      ),
      dependencies: unique,
    };
    const result = validateGraph(document);
    expect(result).toMatchObject({ ok: true, problems: [] });
    if (!result.ok) return;
    const compiled = compileGraph(result.graph);
    expect(compiled.order).toHaveLength(size);
  });

  it('validate as a chain, and as one circle, without overflowing', () => {
    const chain = Array.from({ length: size - 1 }, (_, i) => ({ from: `s${i}`, to: `s${i + 1}` }));
    expect(validateGraph({ stages: stages(), dependencies: chain }).ok).toBe(true);
    const ring = [...chain, { from: `s${size - 1}`, to: 's0' }];
    const { problems } = validateGraph({ stages: stages(), dependencies: ring });
    expect(problems).toMatchObject([{ code: 'cycle' }]);
    expect(problems[0]?.stages).toHaveLength(100);
    const tail = [...chain, { from: 's1', to: 's0' }];
    expect(validateGraph({ stages: stages(), dependencies: tail }).ok).toBe(false);
  });
});
