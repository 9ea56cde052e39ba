import { expect, test } from 'vitest';
import type { Json } from '../../../server/domain/json.ts';
import { fieldsOf, sampleOf, withField } from './input-fields.ts';

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
  expect(fields[1]).toMatchObject({ label: 'format', isRequired: false, choices: ['csv', 'json'] });
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
