import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { compileGraph } from './compile.ts';
import { buildInput } from './default-input.ts';
import { evaluateExpression } from './expressions.ts';
import { type GraphInput, graphSchema } from './schema.ts';

const stage = (key: string, more: object = {}) => ({ key, type: 'echo', ...more });

function build(input: GraphInput, index: number, outputs: (Json | undefined)[] = []) {
  const asked: string[] = [];
  const graph = compileGraph(graphSchema.parse(input));
  const stages = Object.fromEntries(
    outputs.map((output, i) => [
      graph.stages[i]?.key ?? '',
      { output: output ?? null, status: 'succeeded', error: null },
    ]),
  );
  const built = buildInput(
    graph,
    index,
    (expression) => {
      asked.push(...expression.stageRefs);
      return evaluateExpression(expression, { input: { run: true }, params: {}, stages });
    },
    { input: { run: true }, tasks: outputs.map((output) => ({ output })) },
  );
  return { built, asked };
}

describe('an input that is left out', () => {
  it('is the input of the run where nothing is upstream', () => {
    expect(build({ stages: [stage('a')] }, 0).built).toEqual({ ok: true, value: { run: true } });
  });

  it('is the output of the only stage upstream, or null where that left none', () => {
    const chain = { stages: [stage('a'), stage('b')], dependencies: [{ from: 'a', to: 'b' }] };
    expect(build(chain, 1, [{ n: 1 }]).built).toEqual({ ok: true, value: { n: 1 } });
    expect(build(chain, 1, [undefined]).built).toEqual({ ok: true, value: null });
    expect(build(chain, 1, []).built).toEqual({ ok: true, value: null });
  });

  it('is an object of outputs by key where several stages are upstream', () => {
    const join = {
      stages: [stage('a'), stage('__proto__'), stage('c')],
      dependencies: [
        { from: '__proto__', to: 'c' },
        { from: 'a', to: 'c' },
      ],
    };
    const { built } = build(join, 2, [1, { polluted: true }]);
    expect(JSON.stringify(built)).toBe('{"ok":true,"value":{"__proto__":{"polluted":true},"a":1}}');
    expect('polluted' in {}).toBe(false);
  });
});

describe('an input that is given', () => {
  const edges = [{ from: 'a', to: 'b' }];

  it('is the value of its expression', () => {
    const input = {
      stages: [stage('a'), stage('b', { input: 'stages.a.output.rows.size()' })],
      dependencies: edges,
    };
    const { built, asked } = build(input, 1, [{ rows: [1, 2] }]);
    expect(built).toEqual({ ok: true, value: 2 });
    expect(asked).toEqual(['a']);
  });

  it('is an object of the values of its fields', () => {
    const fields = { rows: 'stages.a.output', run: 'input.run', fixed: '[1, "x"]' };
    const input = { stages: [stage('a'), stage('b', { input: fields })], dependencies: edges };
    expect(build(input, 1, [[5]]).built).toEqual({
      ok: true,
      value: { rows: [5], run: true, fixed: [1, 'x'] },
    });
  });

  it('names the field whose expression fails, and is no exception', () => {
    const fields = { good: '1', bad: 'stages.a.output.missing' };
    const input = { stages: [stage('a'), stage('b', { input: fields })], dependencies: edges };
    expect(build(input, 1, [{}]).built).toMatchObject({
      ok: false,
      code: 'no-such-key',
      field: 'bad',
      message: expect.stringContaining('bad: There is no "missing"'),
    });
  });
});
