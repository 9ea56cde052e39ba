import { expect, test } from 'vitest';
import type { Json } from '../../server/domain/json.ts';
import { fieldsOf, sampleOf, startOf, withField } from './input-fields.ts';

const SCHEMA = {
  type: 'object',
  required: ['source'],
  properties: {
    source: { type: 'string', title: 'Source', description: 'Where it is read from' },
    format: { enum: ['csv', 'json'] },
    mixed: { enum: ['a', 1] },
    rows: { type: 'integer', default: 5 },
    strict: { type: 'boolean' },
    options: { type: 'object' },
  },
};

test('a form has a field for each property, by its type, and JSON for what is no plain value', () => {
  const fields = fieldsOf(SCHEMA) ?? [];
  expect(fields.map(({ key, kind }) => [key, kind])).toEqual([
    ['source', 'text'],
    ['format', 'choice'],
    ['mixed', 'json'],
    ['rows', 'number'],
    ['strict', 'boolean'],
    ['options', 'json'],
  ]);
  expect(fields[0]).toMatchObject({ label: 'Source', hint: 'Where it is read from', isRequired: true });
  expect(fields[1]).toMatchObject({
    label: 'format',
    isRequired: false,
    choices: [
      { value: 'csv', label: 'csv' },
      { value: 'json', label: 'json' },
    ],
  });
});

test('what names no properties has no form', () => {
  const schemas: (Json | undefined)[] = [undefined, null, true, {}, { type: 'array' }, { type: 'object' }];
  for (const schema of schemas) expect(fieldsOf(schema)).toBeNull();
});

test('the sample is the first example, else what the defaults make', () => {
  expect(sampleOf({ ...SCHEMA, examples: [{ source: 'x' }] })).toEqual({ source: 'x' });
  expect(sampleOf(SCHEMA)).toEqual({ rows: 5 });
  expect(sampleOf({ type: 'string' })).toBeNull();
  expect(sampleOf(undefined)).toBeNull();
});

test('a field that is left empty is left out, and what no field is for stays', () => {
  expect(withField({ other: 1, rows: 5 }, 'rows', undefined)).toEqual({ other: 1 });
  expect(withField(null, 'rows', 7)).toEqual({ rows: 7 });
});

test('choices have titles, some may be chosen of several, and texts are what their format says', () => {
  const titled = [
    { const: 'a', title: 'First' },
    { const: 'b', title: 'Second' },
  ];
  const properties = {
    grade: { type: 'string', oneOf: titled },
    more: { type: 'array', items: { anyOf: titled } },
    tags: { type: 'array', items: { type: 'string' } },
    mail: { type: 'string', format: 'email' },
    page: { type: 'string', format: 'uri' },
    other: { type: 'string', format: '__proto__' },
  };
  const fields = fieldsOf({ type: 'object', properties }) ?? [];
  expect(fields.map(({ kind, input }) => [kind, input])).toEqual([
    ['choice', 'text'],
    ['choices', 'text'],
    ['json', 'text'],
    ['text', 'email'],
    ['text', 'url'],
    ['text', 'text'],
  ]);
  expect(fields[1]?.choices).toEqual([
    { value: 'a', label: 'First' },
    { value: 'b', label: 'Second' },
  ]);
});

test('a form begins with the defaults, and with a no where one has to be said', () => {
  const properties = {
    sure: { type: 'boolean' },
    news: { type: 'boolean' },
    name: { type: 'string', default: 'Ada' },
  };
  expect(startOf({ type: 'object', properties, required: ['sure', 'name'] })).toEqual({
    sure: false,
    name: 'Ada',
  });
});
