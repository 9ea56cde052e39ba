import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { compileJsonSchema, validateJson } from './json-schema.ts';

function issuesOf(schema: Json, value: Json) {
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return validateJson(compiled.schema, value);
}

describe('values that fit and values that do not', () => {
  const cases: [schema: Json, fits: Json[], fails: Json[]][] = [
    [{ type: 'string' }, ['', 'a'], [1, null, [], {}]],
    [{ type: ['string', 'null'] }, ['a', null], [1]],
    [{ type: 'integer' }, [1, 2.0, -3], [1.5, '1']],
    [{ type: 'number' }, [1, 1.5], ['1', true]],
    [{ type: 'object' }, [{}], [[], null]],
    [{ type: 'array' }, [[]], [{}]],
    [{ enum: [1, 'a', { x: [1] }] }, [1, 'a', { x: [1] }], [2, { x: [2] }, null]],
    [{ const: null }, [null], [0, false]],
    [{ minimum: 1, maximum: 3 }, [1, 3, 'not a number'], [0.9, 3.1]],
    [{ exclusiveMinimum: 1, exclusiveMaximum: 3 }, [2], [1, 3]],
    [{ minLength: 2, maxLength: 3 }, ['ab', '😀😀', 5], ['a', 'abcd', '😀']],
    [{ minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3]]],
    [{ pattern: '^a+$' }, ['aa', 1], ['b', 'ab']],
    [{ items: { type: 'number' } }, [[], [1]], [[1, 'a']]],
    [{ properties: { a: { type: 'number' } } }, [{}, { a: 1 }, { b: 'x' }], [{ a: 'x' }]],
    [{ required: ['a'] }, [{ a: null }], [{}]],
    [{ required: ['toString', '__proto__'] }, [JSON.parse('{"toString":1,"__proto__":2}')], [{}]],
    [{ properties: { a: true }, additionalProperties: false }, [{ a: 1 }], [{ a: 1, b: 2 }]],
    [{ additionalProperties: false }, [{}], [{ constructor: 1 }, JSON.parse('{"__proto__":1}')]],
    [{ additionalProperties: { type: 'number' } }, [{ a: 1 }], [{ a: 'x' }]],
    [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, [1, null], ['a']],
    [{ oneOf: [{ minimum: 2 }, { maximum: 4 }] }, [1, 5], [3]],
    [{ allOf: [{ minimum: 2 }, { maximum: 4 }] }, [3], [1, 5]],
    [{ $defs: { n: { type: 'number' } }, items: { $ref: '#/$defs/n' } }, [[1]], [['a']]],
    [
      { properties: { next: { $ref: '#' } }, additionalProperties: false },
      [{ next: { next: {} } }],
      [{ next: { x: 1 } }],
    ],
    [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } }, ['x'], [1]],
    [true, [1, null, {}], []],
    [false, [], [1, null]],
    [{ title: 't', description: 'd', default: 1, examples: [1], $schema: 's', $comment: 'c' }, [1, 'x'], []],
  ];

  it.each(cases)('%j', (schema, fits, fails) => {
    for (const value of fits) expect(issuesOf(schema, value), JSON.stringify(value)).toEqual([]);
    for (const value of fails) expect(issuesOf(schema, value), JSON.stringify(value)).not.toEqual([]);
  });

  it('tells where in the value, and what was expected', () => {
    const schema = {
      type: 'object',
      required: ['id'],
      properties: { rows: { type: 'array', items: { properties: { n: { type: 'integer', minimum: 0 } } } } },
    };
    expect(issuesOf(schema, { rows: [{ n: 1 }, { n: -1 }, { n: 'x' }] })).toEqual([
      { path: [], message: 'must have "id"' },
      { path: ['rows', 1, 'n'], message: 'must be 0 or more' },
      { path: ['rows', 2, 'n'], message: 'must be integer, not string' },
    ]);
  });
});

describe('schemas that are refused', () => {
  it.each<[Json, (string | number)[]]>([
    [{ format: 'email' }, ['format']],
    [{ properties: { a: { minimun: 1 } } }, ['properties', 'a', 'minimun']],
    [{ type: 'text' }, ['type']],
    [{ type: [] }, ['type']],
    [{ enum: [] }, ['enum']],
    [{ required: 'a' }, ['required']],
    [{ minLength: -1 }, ['minLength']],
    [{ maximum: '1' }, ['maximum']],
    [{ items: [{ type: 'string' }] }, ['items']],
    [{ anyOf: [] }, ['anyOf']],
    [{ pattern: '(' }, ['pattern']],
    [{ pattern: '(?=a)b' }, ['pattern']],
    [{ pattern: '(a{900}){900}' }, ['pattern']],
    [{ $ref: 'https://example.com/schema' }, ['$ref']],
    [{ $ref: '#/$defs/none' }, ['$ref']],
    [{ properties: { a: { $defs: {} } } }, ['properties', 'a', '$defs']],
    [{ constructor: 1 }, ['constructor']],
    [JSON.parse('{"__proto__": {"type": "string"}}'), ['__proto__']],
    ['string', []],
    [null, []],
  ])('%j', (schema, path) => {
    const compiled = compileJsonSchema(schema);
    expect(compiled.ok ? [] : compiled.problems).toContainEqual({ path, message: expect.any(String) });
  });

  it('refuses a schema that is nested without end', () => {
    let schema: Json = { type: 'string' };
    for (let i = 0; i < 50_000; i++) schema = { items: schema };
    expect(compileJsonSchema(schema).ok).toBe(false);
  });
});

describe('hostile values and schemas', () => {
  it('ends on a value that is nested very deep', () => {
    let value: Json = {};
    for (let i = 0; i < 100_000; i++) value = { next: value };
    expect(issuesOf({ properties: { next: { $ref: '#' } } }, value)).not.toEqual([]);
  });

  it('ends on a schema that refers to itself', () => {
    expect(issuesOf({ $ref: '#' }, 1)).not.toEqual([]);
    expect(issuesOf({ anyOf: [{ $ref: '#' }, { $ref: '#' }] }, 1)).not.toEqual([]);
  });

  it('ends on alternatives that multiply at every level', () => {
    const schema = {
      anyOf: [
        { properties: { a: { $ref: '#' } }, required: ['b'] },
        { properties: { a: { $ref: '#' } }, required: ['c'] },
      ],
    };
    let value: Json = {};
    for (let i = 0; i < 60; i++) value = { a: value };
    expect(issuesOf(schema, value)).not.toEqual([]);
  });

  it('matches patterns in time linear in the text', () => {
    expect(issuesOf({ pattern: '^(a+)+$' }, `${'a'.repeat(5_000)}!`)).toHaveLength(1);
    expect(issuesOf({ pattern: '^(a|a)*$' }, 'a'.repeat(50_000_000))).toMatchObject([
      { message: expect.stringContaining('too much work') },
    ]);
  });

  it('reports a bounded number of issues', () => {
    expect(issuesOf({ items: { type: 'string' } }, Array(10_000).fill(1))).toHaveLength(20);
  });
});
