import { describe, expect, it } from 'vitest';
import { compileGraph } from './compile.ts';
import { type GraphInput, graphSchema } from './schema.ts';

function compile(input: GraphInput) {
  return compileGraph(graphSchema.parse(input));
}

const stage = (key: string, more: object = {}) => ({ key, type: 'echo', ...more });

describe('compileGraph', () => {
  const diamond = compile({
    stages: [
      stage('end'),
      stage('left'),
      stage('start'),
      stage('right', { condition: 'stages.start.output.ok' }),
    ],
    dependencies: [
      { from: 'start', to: 'left' },
      { from: 'start', to: 'right', when: { expression: 'stages.start.output.n > 1' } },
      { from: 'left', to: 'end' },
      { from: 'right', to: 'end', when: 'always' },
    ],
  });

  it('keeps the order of the document, and finds stages by key', () => {
    expect(diamond.stages.map(({ key, index }) => [key, index])).toEqual([
      ['end', 0],
      ['left', 1],
      ['start', 2],
      ['right', 3],
    ]);
    expect(diamond.indexOf.get('right')).toBe(3);
    expect(diamond.indexOf.get('constructor')).toBeUndefined();
  });

  it('names dependencies by place, on both sides alike', () => {
    expect(diamond.incoming[0]).toEqual([
      { from: 1, to: 0, when: 'success' },
      { from: 3, to: 0, when: 'always' },
    ]);
    expect(diamond.outgoing[2]?.[1]).toBe(diamond.incoming[3]?.[0]);
    expect(diamond.incoming[3]?.[0]?.when).toMatchObject({ expression: { stageRefs: ['start'] } });
    expect(diamond.incoming[2]).toEqual([]);
  });

  it('orders stages after what they depend on, and knows the roots', () => {
    expect(diamond.order).toEqual([2, 1, 3, 0]);
    expect(diamond.roots).toEqual([2]);
  });

  it('compiles conditions, mappings, retries and schemas once', () => {
    const { stages, inputValidator, parametersValidator } = compile({
      stages: [
        stage('whole', { input: 'input.x' }),
        stage('fields', { input: { b: '1', a: '2' }, retry: { maxAttempts: 2, whenOutput: 'output.again' } }),
        stage('plain', { outputSchema: { type: 'object', required: ['n'] } }),
      ],
      inputSchema: { type: 'string' },
    });
    expect(stages[0]?.input).toMatchObject({ whole: { source: 'input.x' } });
    expect(stages[1]?.input).toMatchObject({
      fields: [
        ['b', { source: '1' }],
        ['a', { source: '2' }],
      ],
    });
    expect(stages[1]?.retryWhen).toMatchObject({ source: 'output.again', scope: 'retry' });
    expect(stages[2]).toMatchObject({ input: null, condition: null, retryWhen: null });
    expect(stages[2]?.outputValidator?.({ n: 1 })).toEqual([]);
    expect(stages[2]?.outputValidator?.({})).toEqual([{ path: [], message: 'must have "n"' }]);
    expect(inputValidator?.(1)).toHaveLength(1);
    expect(parametersValidator).toBeNull();
  });

  it.each<[string, GraphInput]>([
    ['two stages', { stages: [stage('a'), stage('a')] }],
    ['does not exist', { stages: [stage('a')], dependencies: [{ from: 'a', to: 'b' }] }],
    ['circle', { stages: [stage('a')], dependencies: [{ from: 'a', to: 'a' }] }],
    ['expression', { stages: [stage('a', { condition: '1 +' })] }],
    ['outputSchema', { stages: [stage('a', { outputSchema: { format: 'email' } })] }],
  ])('refuses a graph that was never valid: %s', (why, input) => {
    expect(() => compile(input)).toThrow(why);
  });
});
