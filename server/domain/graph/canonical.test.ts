import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGraph } from '#server/testing/arbitrary-graphs.ts';
import { canonicalDocument, contentHash, exportJson, exportYaml } from './canonical.ts';
import { importDocument, MAX_YAML_BYTES } from './import.ts';
import { type Graph, graphSchema } from './schema.ts';

const EXPORTS = { json: exportJson, yaml: exportYaml } as const;

function reread(text: string, format: 'json' | 'yaml'): Graph {
  const imported = importDocument(text, format);
  if (!imported.ok) throw new Error(JSON.stringify(imported.problems));
  return graphSchema.parse(imported.document);
}

function problemsOf(text: string, format: 'json' | 'yaml') {
  const imported = importDocument(text, format);
  return imported.ok ? [] : imported.problems;
}

describe.each(['json', 'yaml'] as const)('a graph written as %s', (format) => {
  it('reads back as itself, and is then written byte for byte the same', () => {
    fc.assert(
      fc.property(arbitraryGraph, (graph) => {
        const text = EXPORTS[format](graph);
        const again = reread(text, format);
        expect(EXPORTS[format](again)).toBe(text);
        expect(JSON.stringify(canonicalDocument(again))).toBe(JSON.stringify(canonicalDocument(graph)));
        expect(contentHash(again)).toBe(contentHash(graph));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the canonical form', () => {
  const graph = graphSchema.parse({
    stages: [
      {
        type: 'echo',
        key: 'a',
        retry: { maxAttempts: 3 },
        agent: { prefer: [{ label: 'gpu' }] },
        config: { retry: { maxAttempts: 1 }, b: 1, a: 2 },
        ui: { x: 10, y: -5.5 },
      },
      { key: 'b', type: 'echo', required: true, priority: 'medium' },
    ],
    dependencies: [{ from: 'a', to: 'b', when: 'success' }],
  });

  it('leaves out what equals its default, but nothing of what the author put into config', () => {
    expect(canonicalDocument(graph)).toEqual({
      format: 1,
      stages: [
        {
          key: 'a',
          type: 'echo',
          retry: { maxAttempts: 3 },
          agent: { prefer: [{ label: 'gpu' }] },
          config: { a: 2, b: 1, retry: { maxAttempts: 1 } },
          ui: { x: 10, y: -5.5 },
        },
        { key: 'b', type: 'echo' },
      ],
      dependencies: [{ from: 'a', to: 'b' }],
    });
  });

  it('keeps the notes and groups of an editor, and says nothing where there are none', () => {
    const stages = [{ key: 'a', type: 'echo' }];
    const note = { id: 'n', text: 'why', x: 1, y: 2 };
    const ui = { notes: [{ ...note, tone: 'warn' }], groups: [{ id: 'g', stages: ['a'], collapsed: false }] };
    expect(canonicalDocument(graphSchema.parse({ stages, ui })).ui).toEqual({
      notes: [note],
      groups: [{ id: 'g', stages: ['a'] }],
    });
    const none = canonicalDocument(graphSchema.parse({ stages, ui: { notes: [] } }));
    expect(Object.keys(none)).not.toContain('ui');
  });

  it('is the YAML that a person would write', () => {
    expect(exportYaml(graph)).toBe(
      `dependencies:
  - from: a
    to: b
format: 1
stages:
  - agent:
      prefer:
        - label: gpu
    config:
      a: 2
      b: 1
      retry:
        maxAttempts: 1
    key: a
    retry:
      maxAttempts: 3
    type: echo
    ui:
      x: 10
      y: -5.5
  - key: b
    type: echo
`,
    );
  });

  it('quotes what readers of older YAML would take for something else', () => {
    const config = {
      no: 'no',
      day: '2026-01-31',
      time: '12:30:00',
      count: '007',
      plain: 'north',
      not: 'none',
    };
    const text = exportYaml(graphSchema.parse({ stages: [{ key: 'a', type: 'echo', config }] }));
    const lines = text.split('\n').map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['no: "no"', 'day: "2026-01-31"', 'time: "12:30:00"', 'count: "007"', 'plain: north', 'not: none'],
      ]),
    );
    expect(reread(text, 'yaml').stages[0]?.config).toEqual(config);
  });

  it('has a hash that ignores the order of keys and written-out defaults, and sees every change', () => {
    const base = { stages: [{ key: 'a', type: 'echo', config: { x: 1, y: 2 } }] };
    const same = {
      dependencies: [],
      stages: [{ config: { y: 2, x: 1 }, retry: {}, type: 'echo', key: 'a' }],
    };
    const hash = contentHash(graphSchema.parse(base));
    expect(contentHash(graphSchema.parse(same))).toBe(hash);
    expect(hash).toBe('b7a3e0a04889c143b9aa306264d951c40e69cf2b4d9044f7f12f3500d651f854');
    const changed = { stages: [{ key: 'a', type: 'echo', config: { x: 1, y: 3 } }] };
    expect(contentHash(graphSchema.parse(changed))).not.toBe(hash);
  });
});

describe('importing JSON', () => {
  it.each([
    ['{"a": 1,\n "b": }', 'syntax', 2, 7],
    ['{"a": 1, "a": 2}', 'duplicate-key', 1, 10],
    ['{"a": {"b": 1}, "\\u0061": 2}', 'duplicate-key', 1, 17],
    ['[1, 2', 'syntax', 1, 6],
    ['["a\tb"]', 'syntax', 1, 4],
    ['["\\x"]', 'syntax', 1, 3],
    ['[01]', 'syntax', 1, 3],
    ['[1e999]', 'not-json', 1, 2],
    ['{} {}', 'syntax', 1, 4],
    ['', 'syntax', 1, 1],
    ['{"a"; 1}', 'syntax', 1, 5],
    ['"open', 'syntax', 1, 1],
    [`${'['.repeat(65)}`, 'too-deep', 1, 65],
  ])('%j is refused as %s at %i:%i', (text, code, line, column) => {
    expect(problemsOf(text, 'json')).toMatchObject([{ code, line, column }]);
  });

  it('takes just what JSON.parse takes', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-0.5e3',
      'true',
      'null',
      ' ',
      '"\\n"',
      '0',
      '-',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
          fc.json(),
        ),
        (source) => {
          let expected: unknown;
          try {
            expected = JSON.parse(source);
          } catch {
            expect(importDocument(source, 'json').ok).toBe(false);
            return;
          }
          const imported = importDocument(source, 'json');
          if (imported.ok) expect(imported.document).toEqual(expected);
          else expect(imported.problems[0]?.code).toMatch(/^(duplicate-key|not-json)$/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('does not overflow on a million brackets', () => {
    expect(problemsOf('['.repeat(1_000_000), 'json')).toMatchObject([{ code: 'too-deep' }]);
  });
});

describe('importing YAML', () => {
  it.each([
    ['a: 1\nb: 2\na: 3\n', 'duplicate-key', 3, 1],
    ['a: [1, 2\n', 'syntax', 2, 1],
    ['a: !mine 1\n', 'unsupported-yaml', 1, 4],
    ['a: !!binary aGVsbG8=\n', 'unsupported-yaml', 1, 13],
    ['? [a]\n: 1\n', 'unsupported-yaml', 1, 3],
    ['a: 1\n---\nb: 2\n', 'syntax', 2, 1],
    ['a: *nothing\n', 'syntax', 1, 4],
    ['a: .inf\n', 'not-json', 1, 1],
    ['a: &x [*x]\n', 'too-deep', 1, 1],
  ])('%j is refused as %s at %i:%i', (text, code, line, column) => {
    expect(problemsOf(text, 'yaml')[0]).toMatchObject({ code, line, column });
  });

  it('refuses aliases that unfold to too much, and takes a few', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      bomb.push(
        `b${i}: &b${i} [${Array(9)
          .fill(i === 1 ? '*a' : `*b${i - 1}`)
          .join()}]`,
      );
    expect(problemsOf(bomb.join('\n'), 'yaml')).toMatchObject([{ code: 'alias-bomb' }]);
    expect(importDocument('a: &a {x: 1}\nb: *a\n', 'yaml')).toEqual({
      ok: true,
      document: { a: { x: 1 }, b: { x: 1 } },
    });
  });

  it.each([
    ['brackets', '['.repeat(1_000_000)],
    ['braces', '{a: '.repeat(500_000)],
    ['dashes', '- '.repeat(1_000_000)],
    ['indentation', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('refuses nesting by %s before it costs anything', (_, text) => {
    expect(problemsOf(text, 'yaml')).toMatchObject([{ code: 'too-deep' }]);
  });

  it('does not take brackets in texts for nesting', () => {
    const text = `a: "${'['.repeat(100)}"\nb: |\n  ${'{'.repeat(100)}\n  ${'- '.repeat(100)}\n`;
    expect(importDocument(text, 'yaml').ok).toBe(true);
  });

  it('refuses more than five megabytes', () => {
    expect(problemsOf(`a: ${'x'.repeat(MAX_YAML_BYTES)}`, 'yaml')).toMatchObject([{ code: 'too-large' }]);
  });

  it('keeps keys that mean something to JavaScript as plain keys, and has no merge keys', () => {
    const imported = importDocument('__proto__: {polluted: true}\n<<: {a: 1}\nconstructor: 2\n', 'yaml');
    expect(JSON.stringify(imported)).toBe(
      '{"ok":true,"document":{"__proto__":{"polluted":true},"<<":{"a":1},"constructor":2}}',
    );
    expect('polluted' in {}).toBe(false);
  });

  it('reads scalars by YAML 1.2: no is a text, and so are dates', () => {
    expect(importDocument('[no, 2026-01-01, 1, 1.5, true, null, 0o17]', 'yaml')).toEqual({
      ok: true,
      document: ['no', '2026-01-01', 1, 1.5, true, null, 15],
    });
  });
});
