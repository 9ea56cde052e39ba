import { describe, expect, it } from 'vitest';
import type { GraphInput } from './schema.ts';
import { type Problem, type ProblemCode, validateGraph } from './validate.ts';

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

const A_TO_B: Edges = [{ from: 'a', to: 'b' }];

/** What of `b` is said when it reads `expression` as its input, after `a` with this schema. */
function reading(expression: string, a: StageInput = {}): Problem[] {
  return problemsOf(graphOf({ a, b: { input: expression } }, A_TO_B));
}

describe('a sound graph', () => {
  it('has no problems and comes back with its defaults', () => {
    const document = graphOf(
      {
        load: {},
        check: { condition: 'stages.load.output.rows > 0' },
        save: { input: { n: 'stages.load.output.rows' } },
      },
      [
        { from: 'load', to: 'check' },
        { from: 'load', to: 'save' },
      ],
    );
    const result = validateGraph(document);
    expect(result).toMatchObject({ ok: true, problems: [] });
    expect(result.graph?.stages[0]?.retry.maxAttempts).toBe(1);
  });
});

describe('structure', () => {
  it('reports what does not fit the format, with its path', () => {
    const document = {
      stages: [
        { key: 'a b', type: 'echo' },
        { key: 'b', type: 'echo', retry: { maxAttempt: 2 } },
      ],
    };
    expect(problemsOf(document)).toMatchObject([
      { code: 'invalid-document', path: ['stages', 0, 'key'] },
      {
        code: 'invalid-document',
        path: ['stages', 1, 'retry', 'maxAttempt'],
        message: 'stages[1].retry.maxAttempt: is no field that is known here',
      },
    ]);
  });

  it('reports the alternative that was meant, where there are several', () => {
    const document = graphOf({ a: {}, b: {} }, [{ from: 'a', to: 'b', when: { expression: 5 } } as never]);
    expect(problemsOf(document)).toMatchObject([{ path: ['dependencies', 0, 'when', 'expression'] }]);
  });

  it('reports duplicate stages, unknown stages, self-dependencies and duplicate dependencies', () => {
    const document = {
      stages: [
        { key: 'a', type: 'echo' },
        { key: 'b', type: 'echo' },
        { key: 'a', type: 'echo' },
      ],
      dependencies: [
        { from: 'a', to: 'b' },
        { from: 'a', to: 'nope' },
        { from: 'b', to: 'b' },
        { from: 'a', to: 'b', when: 'failure' },
      ],
    };
    expect(problemsOf(document)).toMatchObject([
      { code: 'duplicate-stage', path: ['stages', 2, 'key'], stage: 'a' },
      { code: 'unknown-stage', dependency: 1 },
      { code: 'self-dependency', dependency: 2, stage: 'b' },
      { code: 'duplicate-dependency', dependency: 3 },
    ]);
  });

  it('reports each circle once, with its stages, and what waits behind it', () => {
    const document = graphOf({ a: {}, b: {}, c: {}, d: {}, e: {}, x: {} }, [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
      { from: 'b', to: 'x' },
      { from: 'c', to: 'd' },
      { from: 'd', to: 'e' },
      { from: 'e', to: 'c' },
    ]);
    const cycles = problemsOf(document).filter(({ code }) => code === 'cycle');
    expect(cycles.map(({ stages }) => stages)).toEqual(
      expect.arrayContaining([
        ['a', 'b'],
        ['c', 'd', 'e'],
      ]),
    );
    expect(cycles).toHaveLength(2);
    expect(problemsOf(document)).toContainEqual(
      expect.objectContaining({ code: 'unreachable-stage', stage: 'x' }),
    );
  });

  it('follows an impossible branch to the stages that it makes unreachable', () => {
    const never = { expression: '1 > 2' };
    const document = graphOf({ a: {}, b: {}, c: {}, d: {}, e: {}, f: { condition: 'false' } }, [
      { from: 'a', to: 'b', when: never },
      { from: 'a', to: 'e', when: never },
      { from: 'b', to: 'c' },
      { from: 'b', to: 'd', when: 'always' },
    ]);
    const problems = problemsOf(document);
    const unreachable = problems.filter(({ code }) => code === 'unreachable-stage');
    expect(unreachable.map(({ stage }) => stage).sort()).toEqual(['b', 'c', 'e', 'f']);
    expect(problems.filter(({ code }) => code === 'empty-branch')).toMatchObject([
      { dependency: 0 },
      { dependency: 1 },
      { stage: 'a', path: ['stages', 0] },
    ]);
    expect(validateGraph(document).ok).toBe(true);
  });
});

describe('expressions', () => {
  it('are reported with the place in their text', () => {
    const document = graphOf({ a: { condition: 'input.x >' }, b: { input: { n: '1 +* 2' } } });
    expect(problemsOf(document)).toMatchObject([
      { code: 'expression-syntax', stage: 'a', path: ['stages', 0, 'condition'], span: { start: 9, end: 9 } },
      {
        code: 'expression-syntax',
        stage: 'b',
        path: ['stages', 1, 'input', 'n'],
        span: { start: 3, end: 4 },
      },
    ]);
  });

  it('may read only stages that exist and run before', () => {
    const document = graphOf(
      {
        a: { input: 'stages.b.output' },
        b: { input: 'stages.nope.output' },
        c: { input: 'stages.b.output' },
        d: { input: 'stages.d.output' },
        e: { input: 'stages.a.output' },
      },
      [...(A_TO_B ?? []), { from: 'b', to: 'e' }],
    );
    expect(problemsOf(document)).toMatchObject([
      { code: 'reference-not-upstream', stage: 'a', message: expect.stringContaining('runs after a') },
      { code: 'expression-unknown-stage', stage: 'b', span: { start: 0, end: 18 } },
      { code: 'reference-not-upstream', stage: 'c', message: expect.stringContaining('no dependency') },
      { code: 'reference-not-upstream', stage: 'd', message: expect.stringContaining('itself') },
    ]);
  });

  it('of a dependency may read the stage it comes from, and what is before that', () => {
    const when = (expression: string) => [...(A_TO_B ?? []), { from: 'b', to: 'c', when: { expression } }];
    const stages = { a: {}, b: {}, c: {} };
    expect(codesOf(graphOf(stages, when('stages.b.output.x == stages.a.output.x')))).toEqual([]);
    expect(problemsOf(graphOf(stages, when('stages.c.output.x')))).toMatchObject([
      { code: 'reference-not-upstream', dependency: 1, stage: 'c' },
    ]);
  });

  it('must be true or false where they are conditions', () => {
    expect(codesOf(graphOf({ a: { condition: '1 + 1' } }))).toEqual(['condition-not-boolean']);
    expect(codesOf(graphOf({ a: { condition: 'input' } }, [], { inputSchema: { type: 'string' } }))).toEqual([
      'condition-not-boolean',
    ]);
    expect(codesOf(graphOf({ a: { condition: 'input' } }))).toEqual([]);
    expect(codesOf(graphOf({ a: {}, b: {} }, [{ from: 'a', to: 'b', when: { expression: '"x"' } }]))).toEqual(
      ['condition-not-boolean'],
    );
    expect(codesOf(graphOf({ a: { retry: { maxAttempts: 2, whenOutput: 'attempt' } } }))).toEqual([
      'condition-not-boolean',
    ]);
  });
});

describe('types, as far as the schemas tell', () => {
  const outputSchema = {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      s: { type: 'string' },
      maybe: { type: ['number', 'null'] },
      rows: { type: 'array', items: { $ref: '#/$defs/row' } },
      open: { type: 'object' },
    },
    additionalProperties: false,
    $defs: { row: { type: 'object', properties: { id: { type: 'string' } }, additionalProperties: false } },
  };

  it.each([
    ['stages.a.output.n == stages.a.output.s', 'expression-type'],
    ['stages.a.output.s > 3', 'expression-type'],
    ['stages.a.output.n + "x"', 'expression-type'],
    ['stages.a.output.s.deeper', 'expression-type'],
    ['stages.a.output.nope', 'expression-unknown-field'],
    ['has(stages.a.output.nope)', 'expression-unknown-field'],
    ['stages.a.output["nope"]', 'expression-unknown-field'],
    ['stages.a.output.rows.map(r, r.nope)', 'expression-unknown-field'],
    ['stages.a.output.rows.filter(r, r.id > 1)', 'expression-type'],
    ['stages.a.output.rows[0].id + 1', 'expression-type'],
    ['stages.a.output.rows["x"]', 'expression-type'],
    ['stages.a.output.n.map(x, x)', 'expression-type'],
    ['size(stages.a.output.n)', 'expression-type'],
    ['stages.a.output.n.contains("x")', 'expression-type'],
    ['stages.a.output.s ? 1 : 2', 'expression-type'],
    ['stages.a.output.n && true', 'expression-type'],
    ['!stages.a.output.s', 'expression-type'],
    ['-stages.a.output.s', 'expression-type'],
    ['stages.a.status == 1', 'expression-type'],
    ['1 in stages.a.output.s', 'expression-type'],
    ['[1, 2].map(x, x + "a")', 'expression-type'],
    ['cel.bind(x, stages.a.output.n, x + "a")', 'expression-type'],
    ['timestamp("2026-01-01T00:00:00Z") + 1', 'expression-type'],
  ])('%s is an error: %s', (expression, code) => {
    expect(reading(expression, { outputSchema }).map((problem) => problem.code)).toEqual([code]);
  });

  it.each([
    'stages.a.output.n + 1 > 2.5',
    'stages.a.output.maybe == null ? 0 : stages.a.output.maybe + 1',
    'stages.a.output.open.anything.at.all + "x"',
    'stages.a.output.rows.map(r, r.id + "x")',
    'stages.a.output.rows[stages.a.output.n].id',
    'stages.a.output.s in ["a"] && stages.a.output.s.matches("^x")',
    'stages.a.status == "succeeded" || stages.a.error.class == "agent"',
    'timestamp(stages.a.output.s) + duration("1h") > timestamp("2026-01-01T00:00:00Z")',
    'input.whatever + params.x',
  ])('%s is fine', (expression) => {
    expect(reading(expression, { outputSchema })).toEqual([]);
  });

  it('hold for the input of the run, its parameters and the output that a retry looks at', () => {
    const more = {
      inputSchema: { type: 'object', properties: { n: { type: 'number' } }, additionalProperties: false },
      parametersSchema: { properties: { p: { enum: ['a', 'b'] } } },
    };
    const retry = { maxAttempts: 2, whenOutput: 'output.score == "low" && attempt < 2' };
    const document = graphOf(
      {
        a: { input: 'input.m' },
        b: { condition: 'params.p > 3' },
        c: { retry, outputSchema: { properties: { score: { type: 'number' } } } },
      },
      [],
      more,
    );
    expect(codesOf(document)).toEqual(['expression-unknown-field', 'expression-type', 'expression-type']);
  });

  it('are refused as schemas when they could not be kept to', () => {
    const schema = { properties: { mail: { format: 'email' } } };
    expect(
      problemsOf(graphOf({ a: { outputSchema: schema } }, [], { inputSchema: { type: 'x' } })),
    ).toMatchObject([
      { code: 'invalid-json-schema', path: ['inputSchema', 'type'] },
      { code: 'invalid-json-schema', path: ['stages', 0, 'outputSchema', 'properties', 'mail', 'format'] },
    ]);
  });
});

describe('outputs that may not be there', () => {
  const warns = (document: GraphInput) => codesOf(document).includes('reference-maybe-null');
  const b = { input: 'stages.a.output.x' };

  it('are those of a stage whose failure is passed over, or on failure, or always', () => {
    expect(warns(graphOf({ a: {}, b }, A_TO_B))).toBe(false);
    expect(warns(graphOf({ a: { required: false }, b }, A_TO_B))).toBe(true);
    expect(warns(graphOf({ a: { onFailure: 'skip-dependents' }, b }, A_TO_B))).toBe(false);
    expect(warns(graphOf({ a: {}, b }, [{ from: 'a', to: 'b', when: 'always' }]))).toBe(true);
    expect(warns(graphOf({ a: {}, b }, [{ from: 'a', to: 'b', when: 'failure' }]))).toBe(true);
  });

  it('are those of a branch that a join runs without', () => {
    const branch = { expression: 'stages.start.output.left' };
    const edges: Edges = [
      { from: 'start', to: 'a', when: branch },
      { from: 'start', to: 'c', when: 'success' },
      { from: 'a', to: 'b' },
      { from: 'c', to: 'b' },
    ];
    expect(warns(graphOf({ start: {}, a: {}, c: {}, b }, edges))).toBe(true);
    expect(warns(graphOf({ start: {}, a: {}, c: {}, b }, edges.slice(0, 3)))).toBe(false);
    expect(warns(graphOf({ start: {}, a: {}, c: {}, b: { input: 'stages.c.output' } }, edges))).toBe(false);
    expect(warns(graphOf({ start: {}, a: {}, c: {}, b: { input: 'stages.start.output' } }, edges))).toBe(
      false,
    );
  });

  it('are no matter where the author tests for them', () => {
    for (const input of [
      'stages.a.status == "succeeded" ? stages.a.output.x : 0',
      'has(stages.a.output.x) ? stages.a.output.x : 0',
      'stages.a.output == null ? 0 : stages.a.output.x',
    ]) {
      expect(warns(graphOf({ a: { required: false }, b: { input } }, A_TO_B))).toBe(false);
    }
    const guarded = { ...b, condition: 'stages.a.output != null' };
    expect(warns(graphOf({ a: { required: false }, b: guarded }, A_TO_B))).toBe(false);
  });
});

describe('settings', () => {
  const pathsOf = (code: ProblemCode, stage: StageInput, more: object = {}) =>
    problemsOf(graphOf({ a: stage }, [], more))
      .filter((problem) => problem.code === code)
      .map(({ path }) => path.slice(2).join('.'));

  it('warn of limits that a shorter one always ends first', () => {
    expect(pathsOf('timeout-order', { timeouts: { stageSeconds: 100 } }, { deadlineSeconds: 60 })).toEqual([
      'timeouts.stageSeconds',
    ]);
    const inner = { stageSeconds: 10, firstHeartbeatSeconds: 20, idleSeconds: 11, queueSeconds: 99 };
    expect(pathsOf('timeout-order', { timeouts: inner })).toEqual([
      'timeouts.firstHeartbeatSeconds',
      'timeouts.idleSeconds',
    ]);
    expect(pathsOf('timeout-order', { timeouts: { stageSeconds: 60 } }, { deadlineSeconds: 60 })).toEqual([]);
  });

  it('refuse a config that is too large to travel with each task', () => {
    const of = (text: string) => pathsOf('too-large', { config: { text } });
    expect([of('a'.repeat(65_525)), of('a'.repeat(65_526)), of('ü'.repeat(33_000))].flat().length).toBe(2);
  });

  it('warn of retries that cannot happen', () => {
    expect(pathsOf('retry-never', { retry: { maxAttempts: 3, on: [] } })).toEqual(['retry.on']);
    expect(pathsOf('retry-never', { retry: { maxAttempts: 3, on: ['lost'] } })).toEqual(['retry.on']);
    expect(pathsOf('retry-never', { retry: { whenOutput: 'output.bad' } })).toEqual(['retry.maxAttempts']);
    expect(pathsOf('retry-never', { retry: { maxAttempts: 2, whenOutput: 'false' } })).toEqual([
      'retry.whenOutput',
    ]);
    expect(pathsOf('retry-never', { retry: { maxAttempts: 2, on: [], whenOutput: 'output.bad' } })).toEqual(
      [],
    );
  });

  it('warn of delays that outlast the run, and only when that is certain', () => {
    const retry = { maxAttempts: 4, backoff: 'fixed', initialSeconds: 10, jitter: 0 } as const;
    expect(pathsOf('retry-past-deadline', { retry }, { deadlineSeconds: 30 })).toEqual(['retry']);
    expect(pathsOf('retry-past-deadline', { retry }, { deadlineSeconds: 31 })).toEqual([]);
    expect(
      pathsOf('retry-past-deadline', { retry: { ...retry, jitter: 1 } }, { deadlineSeconds: 30 }),
    ).toEqual([]);
    expect(pathsOf('retry-delay-order', { retry: { ...retry, maxSeconds: 5 } })).toEqual([
      'retry.initialSeconds',
    ]);
  });

  it('warn of one concurrency key with two limits, at the later one, and say what comes of it', () => {
    const of = (limit: number, key = 'gpu') => ({ type: 'echo', concurrency: { key, limit } });
    const stages = [
      { key: 'a', ...of(2) },
      { key: 'b', ...of(5) },
      { key: 'c', ...of(2) },
      { key: 'd', ...of(5, 'cpu') },
    ];
    const { ok, problems } = validateGraph({ stages });
    expect(ok).toBe(true);
    expect(problems).toMatchObject([
      {
        code: 'concurrency-limits',
        severity: 'warning',
        stage: 'b',
        stages: ['a', 'b'],
        path: ['stages', 1, 'concurrency', 'limit'],
        message: expect.stringContaining('has the limit 5 here and 2 in a.'),
      },
    ]);
  });

  it('warn of a stage that is not required and yet fails the run', () => {
    expect(pathsOf('optional-fails-run', { required: false, onFailure: 'fail-run' })).toEqual(['onFailure']);
    expect(pathsOf('optional-fails-run', { required: false })).toEqual([]);
  });

  it('let a pinned agent have labels and capabilities as well', () => {
    const agent = { pinned: 'box', requireLabels: ['gpu'], requireCapabilities: ['draw'] };
    expect(codesOf(graphOf({ a: { agent } }))).toEqual([]);
  });
});
