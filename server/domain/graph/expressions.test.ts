import { evaluate as referenceEvaluate } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import {
  compileExpression,
  createExpressionCompiler,
  type Evaluation,
  type ExpressionScope,
  type ExpressionVariables,
  evaluateExpression,
  referencesOf,
} from './expressions.ts';

function run(
  source: string,
  variables: ExpressionVariables = {},
  more: { scope?: ExpressionScope; steps?: number } = {},
): Evaluation {
  const compiled = compileExpression(source, more.scope ?? 'stage');
  if (!compiled.ok) throw new Error(`${compiled.problem.code}: ${compiled.problem.message}`);
  return evaluateExpression(compiled.expression, variables, more.steps ? { steps: more.steps } : {});
}

function problemOf(source: string, scope: ExpressionScope = 'stage') {
  const compiled = compileExpression(source, scope);
  return compiled.ok ? null : compiled.problem;
}

const INPUT: Json = {
  count: 3,
  price: 2.5,
  name: 'Ada',
  tags: ['x', 'y'],
  rows: [{ n: 1 }, { n: 2, extra: true }, { n: 3 }],
  nothing: null,
};

describe('the language', () => {
  const cases: [source: string, value: Json][] = [
    ['input.count + 1', 4],
    ['1 + input.count * 2', 7],
    ['7 / 2', 3],
    ['input.count / 2', 1.5],
    ['input.count % 2 == 1', true],
    ['-input.price', -2.5],
    ['-9223372036854775808 < 0', true],
    ['input.name + "!"', 'Ada!'],
    ['input.tags + ["z"]', ['x', 'y', 'z']],
    ['input.tags[0]', 'x'],
    ['input["name"]', 'Ada'],
    ['input.rows[input.count - 1].n', 3],
    ['"x" in input.tags', true],
    ['"name" in input', true],
    ['input.nothing == null', true],
    ['input.count == 3 && input.count == 3.0', true],
    ['input.count == "3"', false],
    ['{"a": [1, {"b": null}]} == {"a": [1.0, {"b": null}]}', true],
    ['input.count > 2 ? "many" : "few"', 'many'],
    ['input.rows.map(r, r.n * 10)', [10, 20, 30]],
    ['input.rows.map(r, r.n > 1, r.n)', [2, 3]],
    ['input.rows.filter(r, has(r.extra)).size()', 1],
    ['input.rows.all(r, r.n > 0)', true],
    ['input.rows.exists(r, r.extra)', true],
    ['input.rows.exists_one(r, r.n == 2)', true],
    [
      'input.rows.map(a, input.rows.map(b, a.n * b.n))',
      [
        [1, 2, 3],
        [2, 4, 6],
        [3, 6, 9],
      ],
    ],
    ['{"b": 1, "a": 2}.map(k, k)', ['b', 'a']],
    ['cel.bind(total, input.count * 2, total + total)', 12],
    ['has(input.missing.deeper)', false],
    ['has(input.nothing)', true],
    ['false && input.missing', false],
    ['input.missing || true', true],
    ['size("a😀") == 2 && size(input.tags) == 2 && size({"k": 1}) == 1', true],
    ['"a,b".split(",").join("-")', 'a-b'],
    ['" Abc ".trim().lowerAscii() + "x".upperAscii()', 'abcX'],
    ['"banana".replace("an", "o")', 'booa'],
    ['"hello".substring(1, 3) + "hello".substring(4)', 'elo'],
    ['"hello".indexOf("l") + "hello".lastIndexOf("l")', 5],
    ['input.name.startsWith("A") && input.name.endsWith("a") && input.name.contains("d")', true],
    ['"v1.25".matches("^v[0-9]+\\\\.")', true],
    ['string(3) + string(2.5) + string(true)', '32.5true'],
    ['int("42") + int(3.9)', 45],
    ['double("1e3")', 1000],
    ['bool("true")', true],
    ['timestamp("2026-01-31T12:00:00Z") + duration("1h30m")', '2026-01-31T13:30:00.000Z'],
    ['timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z") == duration("24h")', true],
    ['timestamp("2026-01-31T12:00:00Z").getFullYear()', 2026],
    ['duration("1h")', '3600s'],
  ];

  it.each(cases)('%s', (source, value) => {
    expect(run(source, { input: INPUT })).toEqual({ ok: true, value });
  });

  it('reads run input, parameters, and stages by key', () => {
    const variables = {
      input: 1,
      params: { limit: 2 },
      stages: { load: { output: { rows: 4 }, status: 'succeeded', error: null }, 'a-b': { output: 8 } },
    };
    expect(run('input + params.limit + stages.load.output.rows + stages["a-b"].output', variables)).toEqual({
      ok: true,
      value: 15,
    });
    expect(run('stages.load.status == "succeeded"', variables)).toEqual({ ok: true, value: true });
  });

  it('reads output and attempt where it decides on a retry, and nothing else', () => {
    const variables = { output: { score: 0.4 }, attempt: 2 };
    expect(run('output.score < 0.5 && attempt < 3', variables, { scope: 'retry' })).toEqual({
      ok: true,
      value: true,
    });
    expect(problemOf('input.x', 'retry')).toMatchObject({ code: 'expression-unknown-name' });
  });

  it('agrees with the reference implementation wherever both know an answer', () => {
    const atom = fc.oneof(
      fc.integer({ min: -20, max: 20 }).map(String),
      fc.constantFrom('true', 'false', 'null', '"a"', '"ab"', '1.5', '[1, 2]', '{"k": 1}', '[]', '"b"'),
    );
    const tree = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        atom,
        fc
          .tuple(
            fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '<=', '&&', '||', 'in'),
            tie('node'),
            tie('node'),
          )
          .map(([operator, left, right]) => `(${left} ${operator} ${right})`),
        fc.tuple(tie('node'), tie('node'), tie('node')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
        tie('node').map((a) => `!(${a})`),
        tie('node').map((a) => `size(${a})`),
        fc
          .tuple(fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'), tie('node'), tie('node'))
          .map(([macro, over, body]) => `(${over}).${macro}(v, ${body} == v)`),
      ),
    })).node;
    let compared = 0;
    fc.assert(
      fc.property(tree, (source) => {
        const ours = run(source);
        let theirs: unknown;
        try {
          theirs = referenceEvaluate(source);
        } catch {
          return; // Their static checks refuse more than CEL must: mixed lists, mixed arithmetic.
        }
        compared++;
        const plain = JSON.parse(
          JSON.stringify(theirs, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
        );
        expect(ours, source).toEqual({ ok: true, value: plain });
      }),
      { numRuns: 1500 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe('problems in the source', () => {
  it('tells where the syntax breaks, by line and column', () => {
    expect(problemOf('input.a &&\n  (1 +')).toMatchObject({
      code: 'expression-syntax',
      position: { offset: 17, line: 2, column: 7 },
    });
  });

  it.each([
    ['foo + 1', 'expression-unknown-name'],
    ['constructor', 'expression-unknown-name'],
    ['__proto__', 'expression-syntax'],
    ['input.f()', 'expression-unknown-name'],
    ['input.constructor("return 1")', 'expression-unknown-name'],
    ['stages', 'expression-unsupported'],
    ['stages.map(s, s)', 'expression-unsupported'],
    ['stages[input.name].output', 'expression-unsupported'],
    ['stages.a.result', 'expression-unknown-name'],
    ['stages.a["result"]', 'expression-unknown-name'],
    ['stages.a[0]', 'expression-unknown-name'],
    ['has(input)', 'expression-syntax'],
    ['has(stages.a)', 'expression-syntax'],
    ['b"bytes"', 'expression-unsupported'],
    ['3u', 'expression-unsupported'],
    ['9223372036854775808', 'expression-syntax'],
    ['"x".matches("(")', 'expression-syntax'],
    ['"x".matches(input.pattern)', 'expression-unsupported'],
    ['"x".matches("(a{500}){500}")', 'expression-syntax'],
    ['"x".matches("(a)\\\\1")', 'expression-syntax'],
    ['input.map(1, 2)', 'expression-syntax'],
    ['size()', 'expression-syntax'],
    ['', 'expression-syntax'],
  ])('refuses %s', (source, code) => {
    expect(problemOf(source)?.code).toBe(code);
  });

  it.each([
    ['brackets in brackets', '('.repeat(500) + 1 + ')'.repeat(500)],
    ['not upon not', `${'!'.repeat(4000)}true`],
    ['not upon not, within the limit of nodes', `${'!'.repeat(1000)}true`],
    ['a long sum', `1${' + 1'.repeat(1000)}`],
    ['a sum that is too deep a tree', `1${' + 1'.repeat(400)}`],
    ['a long text', 'x'.repeat(10_000)],
    ['a long list', `[${'1,'.repeat(600)}1]`],
  ])('refuses %s', (_, source) => {
    expect(problemOf(source)?.code).toMatch(/^expression-(syntax|unsupported)$/);
  });

  it('is total over any text', () => {
    const piece = fc.constantFrom(
      ...'input.stages[]()\'"+-*/%&|!?:,{}<>=_ 09ax'.split(''),
      'map(',
      'has(',
      'cel.bind(',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const compiled = compileExpression(pieces.join(''), 'stage');
        if (compiled.ok)
          expect(evaluateExpression(compiled.expression, { input: INPUT })).toHaveProperty('ok');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('references', () => {
  it('names every stage and variable with its place, in both forms', () => {
    const source = 'stages.load.output.x > 1 &&\n stages["a-b"].status == input.s';
    expect(referencesOf(source)).toMatchObject([
      { kind: 'stage', key: 'load', field: 'output', start: 0, end: 18, position: { line: 1, column: 1 } },
      { kind: 'stage', key: 'a-b', field: 'status', position: { offset: 29, line: 2, column: 2 } },
      { kind: 'variable', name: 'input', position: { line: 2, column: 26 } },
    ]);
  });

  it('leaves out names that a macro declares', () => {
    expect(referencesOf('[1].map(stages, stages + 1).size() + [2].map(input, input)[0]')).toEqual([]);
  });

  it('lists each stage once for who loads them', () => {
    const compiled = compileExpression('stages.a.output + stages.a.output + stages.b.output', 'stage');
    expect(compiled.ok && compiled.expression.stageRefs).toEqual(['a', 'b']);
  });

  it('is null for a source that cannot be read', () => {
    expect(referencesOf('1 +')).toBeNull();
  });
});

describe('the memo of compiled expressions', () => {
  it('gives the same object again until it had to forget it', () => {
    const compile = createExpressionCompiler(2);
    const first = compile('1', 'stage');
    expect(compile('1', 'stage')).toBe(first);
    expect(compile('1', 'retry')).not.toBe(first);
    compile('2', 'stage');
    compile('3', 'stage');
    expect(compile('1', 'stage')).not.toBe(first);
  });
});
