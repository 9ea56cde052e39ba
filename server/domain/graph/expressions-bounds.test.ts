import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import {
  compileExpression,
  type Evaluation,
  type ExpressionScope,
  type ExpressionVariables,
  evaluateExpression,
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

describe('the step budget', () => {
  const list = (length: number) => ({ input: Array.from({ length }, (_, i) => i) });
  const bombs: [name: string, source: string, variables?: ExpressionVariables][] = [
    ['nested map over data', 'input.map(a, input.map(b, input.map(c, a + b + c)))', list(1000)],
    ['nested filter over data', 'input.filter(a, input.filter(b, a == b).size() == 99)', list(5000)],
    ['nested all', 'input.all(a, input.all(b, input.exists(c, c == a)))', list(2000)],
    ['faults that exists absorbs', 'input.exists(a, input.exists(b, a.x == b.y))', list(3000)],
    [
      'text that doubles',
      `cel.bind(a, "${'x'.repeat(500)}", ${'cel.bind(a, a + a, '.repeat(40)}a${')'.repeat(41)}`,
    ],
    ['lists that double', `cel.bind(a, [1,2,3,4], ${'cel.bind(a, a + a, '.repeat(40)}a${')'.repeat(41)}`],
    [
      'replace that multiplies',
      'input.replace("a", input).replace("a", input)',
      { input: 'a'.repeat(20_000) },
    ],
    [
      'comparing large values again and again',
      'input.a.all(x, input.b == input.c)',
      {
        input: { a: Array(1000).fill(0), b: Array(1000).fill(1), c: Array(1000).fill(1) },
      },
    ],
    ['a search that repeats', 'input.contains(input + "b")', { input: 'a'.repeat(1_000_000) }],
    [
      'a pattern over a large text',
      'input.matches("(a|b)*(a|b)*(a|b)*c")',
      { input: 'ab'.repeat(1_000_000) },
    ],
    [
      'join of large parts',
      'input.map(x, input.join(input[0])).join("")',
      {
        input: Array(500).fill('y'.repeat(500)),
      },
    ],
  ];

  it.each(bombs)('stops %s', (_, source, variables) => {
    expect(run(source, variables ?? {})).toMatchObject({ ok: false, code: 'step-budget' });
  });

  it('stops results that unfold: small to compute, gigabytes to write', () => {
    const unfolding = `cel.bind(a, [input, input], ${'cel.bind(a, [a, a], '.repeat(30)}a${')'.repeat(31)}`;
    expect(run(unfolding, { input: 'some text' })).toMatchObject({ ok: false, code: 'too-large' });
    const large = { input: { text: 'x'.repeat(1_000_000) } };
    expect(run('[input, input, input]', large).ok).toBe(true);
    expect(run(`[${Array(40).fill('input').join()}]`, large)).toMatchObject({ ok: false, code: 'too-large' });
  });

  it('stops results that hold the same data at every depth of it', () => {
    const levels = Array.from({ length: 60 }, (_, i) => `input${'.n'.repeat(i)}`);
    let input: Json = { text: 'x'.repeat(1_000_000) };
    for (let i = 0; i < 60; i++) input = { n: input };
    expect(run(`[${levels.join()}]`, { input })).toMatchObject({ ok: false, code: 'too-large' });
  });

  it('does not make more parts of a text than there are steps', () => {
    expect(run('input.split("")', { input: 'a'.repeat(5_000_000) })).toMatchObject({ code: 'step-budget' });
  });

  it('takes patterns that ruin backtracking engines in its stride', () => {
    const variables = { input: `${'a'.repeat(2000)}!` };
    expect(run('input.matches("^(a+)+$")', variables)).toEqual({ ok: true, value: false });
    expect(run('input.matches("^(a|aa)*$")', variables)).toEqual({ ok: true, value: false });
    expect(run('input.matches("(.*)*x")', variables)).toEqual({ ok: true, value: false });
  });

  it('counts the same for the same work, and honours a smaller budget', () => {
    expect(run('input.map(a, a + 1).size()', list(100), { steps: 1000 })).toEqual({ ok: true, value: 100 });
    expect(run('input.map(a, a + 1).size()', list(1000), { steps: 1000 })).toMatchObject({
      code: 'step-budget',
    });
  });

  it('does not overflow on data that is nested very deep', () => {
    let deep: Json = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(run('input == params', { input: deep, params: [deep] })).toMatchObject({ code: 'too-deep' });
    expect(run('[input]', { input: deep })).toMatchObject({ ok: false, code: 'too-deep' });
  });

  it('passes data of any size on when the expression only names it', () => {
    const rows = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    expect(run('input', { input: rows })).toEqual({ ok: true, value: rows });
  });
});

describe('results', () => {
  it.each([
    ['9007199254740993', 'not-json'],
    ['1.0 / 0.0', 'not-json'],
    ['9223372036854775807 + 1', 'arithmetic'],
    ['1 / 0', 'arithmetic'],
    ['1 + "a"', 'type'],
    ['{1: 2}', 'type'],
    ['{"a": 1, "a": 2}', 'bad-argument'],
    ['input.nope', 'no-such-key'],
    ['[1][5]', 'no-such-key'],
    ['[1][-1]', 'no-such-key'],
    ['timestamp("yesterday")', 'bad-argument'],
    [`double("${'1'.repeat(80)}")`, 'bad-argument'],
    ['timestamp("9999-12-31T00:00:00Z") + duration("999999999999999h")', 'arithmetic'],
    ['duration("1 fortnight")', 'bad-argument'],
  ])('%s is a failure, not an exception: %s', (source, code) => {
    expect(run(source, { input: {} })).toMatchObject({ ok: false, code });
  });

  it('shares what is only passed on, and copies what was made', () => {
    const input = { rows: [1, 2] };
    const result = run('{"rows": input.rows, "made": [1]}', { input });
    expect(result).toEqual({ ok: true, value: { rows: [1, 2], made: [1] } });
    expect(result.ok && (result.value as { rows: Json }).rows).toBe(input.rows);
  });
});

describe('keys that mean something to JavaScript', () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'finds no %s on data that has none',
    (key) => {
      expect(run(`input.${key}`, { input: {} })).toMatchObject({ ok: false, code: 'no-such-key' });
      expect(run(`input["${key}"]`, { input: [] }).ok).toBe(false);
      expect(run(`has(input.${key})`, { input: {} })).toEqual({ ok: true, value: false });
      expect(run(`"${key}" in input`, { input: {} })).toEqual({ ok: true, value: false });
      expect(run(`stages.${key}.output`, { stages: {} })).toMatchObject({ code: 'no-such-key' });
      expect(run(`input.${key}`, { input: 'text' }).ok).toBe(false);
    },
  );

  it('reads and makes them as plain keys', () => {
    expect(run('input.constructor + input.__proto__.polluted', { input: hostile })).toEqual({
      ok: true,
      value: 3,
    });
    const made = run('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(JSON.stringify(made)).toBe('{"ok":true,"value":{"__proto__":{"polluted":true},"constructor":1}}');
    expect('polluted' in {}).toBe(false);
  });
});
