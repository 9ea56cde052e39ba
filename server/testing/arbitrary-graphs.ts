import fc from 'fast-check';
import { type Graph, type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';

/** Graphs for property tests: small, with anything the format can hold. */
export function arbitraryEdges(maxStages = 8): fc.Arbitrary<{ size: number; edges: [number, number][] }> {
  return fc.integer({ min: 1, max: maxStages }).chain((size) => {
    const stage = fc.integer({ min: 0, max: size - 1 });
    return fc.record({
      size: fc.constant(size),
      edges: fc.uniqueArray(fc.tuple(stage, stage), {
        selector: ([from, to]) => `${from} ${to}`,
        maxLength: size * 2,
      }),
    });
  });
}

export function graphOfEdges({ size, edges }: { size: number; edges: [number, number][] }): GraphInput {
  return {
    stages: Array.from({ length: size }, (_, i) => ({ key: `s${i}`, type: 'echo' })),
    dependencies: edges.map(([from, to]) => ({ from: `s${from}`, to: `s${to}` })),
  };
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    'true',
    'null',
    '~',
    '1',
    '0x1',
    '1e3',
    '- a',
    '# c',
    'a: b',
    '&a',
    '*a',
    '!t',
    ' x ',
    'a\nb\n',
    '<<',
    '---',
    '2026-01-01',
  ),
);
const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', '', '10', '9'));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(null, true, false),
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 4 })
    .map((entries) =>
      JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`),
    ),
}));

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const seconds = fc.integer({ min: 1, max: 100_000 });

const stage = fc.record(
  {
    type: fc.constantFrom('echo', 'data-ingestion', 'x.y'),
    name: text.filter((name) => name.length <= 200),
    required: fc.boolean(),
    config: json.object,
    input: fc.oneof(
      fc.constantFrom('input', '{"a": 1}'),
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
        fc.constantFrom('1', 'params.x'),
      ),
    ),
    condition: fc.constantFrom('true', 'input.x > 1'),
    timeouts: fc.record({ queueSeconds: optional(seconds), idleSeconds: optional(seconds) }),
    retry: fc.record(
      { maxAttempts: fc.integer({ min: 1, max: 3 }), jitter: fc.constantFrom(0, 0.2, 1) },
      { requiredKeys: [] },
    ),
    priority: fc.constantFrom('high', 'medium', 'low'),
    agent: fc.record(
      {
        requireLabels: fc.subarray(['gpu', 'zone=eu']),
        prefer: fc.array(
          fc.record({ label: fc.constant('fast'), weight: fc.constantFrom(1, 5) }, { requiredKeys: [] }),
          { maxLength: 2 },
        ),
        pinned: fc.constant('box-1'),
      },
      { requiredKeys: [] },
    ),
    concurrency: fc.constant({ key: 'k', limit: 2 }),
    onFailure: fc.constantFrom('fail-run', 'skip-dependents', 'continue'),
    ui: fc.record({ x: fc.double({ noNaN: true, noDefaultInfinity: true }), y: fc.integer() }),
  },
  { requiredKeys: ['type'] },
);

const coordinate = fc.integer({ min: -10_000, max: 10_000 });
const ui = fc.record(
  {
    notes: fc.array(
      fc.record(
        { id: fc.constant('n-1'), x: coordinate, y: coordinate, text, tone: fc.constantFrom('warn', 'good') },
        { requiredKeys: ['id', 'x', 'y'] },
      ),
      { maxLength: 1 },
    ),
    groups: fc.array(
      fc.record(
        {
          id: fc.constant('g-1'),
          title: fc.constantFrom('', 'Clean'),
          stages: fc.constantFrom([], ['stage-0']),
          collapsed: fc.boolean(),
        },
        { requiredKeys: ['id', 'stages'] },
      ),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: [] },
);

const when = fc.constantFrom('success', 'failure', 'always', { expression: 'input.ok' });

/** Valid in form; every dependency leads to a later stage. */
export const arbitraryGraph: fc.Arbitrary<Graph> = fc
  .tuple(
    fc.array(stage, { minLength: 1, maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(4), fc.nat(4), optional(when)), { maxLength: 4 }),
    optional(seconds),
    fc.tuple(optional(json.object), optional(ui)),
  )
  .map(([stages, edges, deadlineSeconds, [inputSchema, kept]]) =>
    graphSchema.parse({
      stages: stages.map((part, i) => ({ ...part, key: `stage-${i}` })),
      dependencies: edges
        .filter(([from, to]) => from < to && to < stages.length)
        .map(([from, to, condition]) => ({ from: `stage-${from}`, to: `stage-${to}`, when: condition })),
      deadlineSeconds,
      inputSchema,
      ui: kept,
    }),
  );
