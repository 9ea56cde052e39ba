import { describe, expect, test } from 'vitest';
import { compileExpression } from '../expressions.ts';

function opensOf(source: string) {
  const compiled = compileExpression(source, 'stage');
  if (!compiled.ok) throw new Error(compiled.problem.message);
  const { variables, stages } = compiled.expression.opens;
  return [...variables, ...stages.map((key) => `stages.${key}`)];
}

describe('what an expression looks into', () => {
  test.each([
    ['stages.a.output.n > 3', ['stages.a']],
    ['stages.a.output == null', ['stages.a']],
    ['size(stages["a"].output)', ['stages.a']],
    ['has(stages.a.output.n)', ['stages.a']],
    ['stages.a == stages.b', ['stages.b', 'stages.a']],
    ['input.n + params.m', ['params', 'input']],
    ['stages.a.output.ok ? stages.b.output : null', ['stages.a']],
    ['[stages.a.output][0].n', ['stages.a']],
    ['cel.bind(x, stages.a.output, x)', ['stages.a']],
    ['stages.a.output.filter(i, i.n > input.n)', ['input', 'stages.a']],
    ['{"n": stages.a.output.n, "all": stages.b.output}', ['stages.a']],
  ])('%s: %j', (source, opened) => {
    expect(opensOf(source).sort()).toEqual(opened.sort());
  });

  test.each([
    'stages.a.output',
    'stages.a',
    'input',
    '{"all": stages.a.output, "in": [input, params]}',
    'true ? stages.a.output : stages.b.output',
    'cel.bind(x, 1, stages.a.output)',
    'has(stages.a.output)',
    'stages.a.status == "failed" || stages.a.error.code == "X"',
    '1 + 1',
  ])('is nothing in %s, which passes values on as they are', (source) => {
    expect(opensOf(source)).toEqual([]);
  });
});
