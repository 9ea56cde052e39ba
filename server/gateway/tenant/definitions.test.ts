import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { canonicalJson } from '#server/domain/json.ts';
import { diffDefinitions, hashOf, revealHidden, toDefinition, warningsOf } from './definitions.ts';

const schema: JsonObject = { type: 'object', properties: { path: { type: 'string' } } };
const ask = { name: 'ask', description: 'Asks.', inputSchema: schema };

describe('the hash of a definition', () => {
  test('is the same whatever the order of its keys, and another when anything that is read differs', () => {
    const turned = {
      inputSchema: { properties: { path: { type: 'string' } }, type: 'object' },
      description: 'Asks.',
      name: 'ask',
    };
    expect(hashOf(turned)).toBe(hashOf(ask));
    const others = [
      { ...ask, name: 'Ask' },
      { ...ask, description: 'Asks. ' },
      { ...ask, title: 'Ask' },
      { ...ask, annotations: { readOnlyHint: true } },
      { ...ask, outputSchema: {} },
      { ...ask, inputSchema: { ...schema, properties: { path: { type: 'string', description: '\u200b' } } } },
    ];
    const hashes = new Set([ask, ...others].map(hashOf));
    expect(hashes.size).toBe(others.length + 1);
  });

  test('stands for a text that gives back the value, and that is one for equal values', () => {
    // V8 takes a name with an escape for one that it has seen before, such as `\"` for `\\`: names here have none.
    const isReadAsWritten = (value: unknown) => !/"[^"]*\\.*":/.test(JSON.stringify(value));
    fc.assert(
      fc.property(fc.jsonValue().filter(isReadAsWritten), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as Json;
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
        expect(canonicalJson(JSON.parse(canonicalJson(plain)))).toBe(canonicalJson(plain));
      }),
    );
  });
});

describe('what a server says of a tool', () => {
  test.each([
    [null],
    [{ inputSchema: schema }],
    [{ name: 'has space', inputSchema: schema }],
    [{ name: 'x'.repeat(129), inputSchema: schema }],
    [{ name: 'ask' }],
    [{ ...ask, description: 'x'.repeat(70_000) }],
    [{ ...ask, inputSchema: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) }],
  ])('is not used when it is malformed or beyond all measure', (given) => {
    expect(toDefinition(given)).toBeNull();
  });

  test('loses what nobody asked for', () => {
    expect(toDefinition({ ...ask, icons: [{ src: 'https://evil.example/x' }], _meta: { a: 1 } })).toEqual(
      ask,
    );
  });
});

describe('the difference of two definitions', () => {
  test('names each place, and shows what hides', () => {
    const after = {
      ...ask,
      description: 'Asks.\u202e',
      inputSchema: { ...schema, properties: { path: { type: 'number' }, mode: { type: 'string' } } },
    };
    expect(diffDefinitions(ask, after)).toEqual([
      { path: 'description', before: 'Asks.', after: 'Asks.⟨U+202E⟩' },
      { path: 'inputSchema.properties.mode.type', before: null, after: 'string' },
      { path: 'inputSchema.properties.path.type', before: 'string', after: 'number' },
    ]);
    expect(diffDefinitions(ask, ask)).toEqual([]);
  });

  test('shows all of a tool that is new, and of one that is gone', () => {
    expect(diffDefinitions(null, ask).map(({ path, before }) => [path, before])).toEqual([
      ['description', null],
      ['inputSchema.properties.path.type', null],
      ['inputSchema.type', null],
      ['name', null],
    ]);
    expect(diffDefinitions(ask, null).every(({ after }) => after === null)).toBe(true);
  });
});

test.each([
  ['zero-width', 'a\u200bb', 'a⟨U+200B⟩b'],
  ['marks of direction', '\u202eabc\u2066', '⟨U+202E⟩abc⟨U+2066⟩'],
  ['tags', 'x\u{e0061}', 'x⟨U+E0061⟩'],
  ['controls', 'a\u0000\u001b[0m', 'a⟨U+0000⟩⟨U+001B⟩[0m'],
  ['nothing to hide', 'Grüße,\n\t日本語 ✓', 'Grüße,\n\t日本語 ✓'],
])('hidden characters are shown: %s', (_, given, shown) => {
  expect(revealHidden(given)).toBe(shown);
});

test('a definition is warned of for what deserves a second look', () => {
  expect(warningsOf(ask)).toEqual([]);
  const odd = {
    ...ask,
    description: `<!-- x -->${'long '.repeat(1000)}`,
    inputSchema: { ...schema, properties: { '\u200b': { $ref: 'https://evil.example/schema' } } },
  };
  expect(warningsOf(odd)).toEqual(['hidden-characters', 'html-comment', 'long-text', 'external-schema']);
});
