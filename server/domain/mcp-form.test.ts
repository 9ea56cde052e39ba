import { expect, test } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { checkForm, choicesOf } from './mcp-form.ts';

const titled = [
  { const: 'a', title: 'First' },
  { const: 'b', title: 'Second' },
];
const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 5 },
    mail: { type: 'string', format: 'email' },
    page: { type: 'string', format: 'uri' },
    day: { type: 'string', format: 'date' },
    moment: { type: 'string', format: 'date-time' },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    share: { type: 'number' },
    sure: { type: 'boolean' },
    colour: { type: 'string', enum: ['red', 'blue'], enumNames: ['Red', 'Blue'] },
    grade: { type: 'string', oneOf: titled },
    some: { type: 'array', items: { type: 'string', enum: ['x', 'y', 'z'] }, minItems: 1, maxItems: 2 },
    more: { type: 'array', items: { anyOf: titled } },
  },
  required: ['name'],
};

test.each<[JsonObject]>([
  [{ name: 'Ada' }],
  [{ name: '🙂🙂🙂🙂🙂', mail: 'ada@example.org', page: 'https://example.org/x', day: '2026-02-28' }],
  [{ name: 'Ada', moment: '2026-11-29T10:00:00Z', age: 36, share: 0.5, sure: false }],
  [{ name: 'Ada', colour: 'red', grade: 'b', some: ['x', 'z'], more: [] }],
])('an answer that fits is taken: %o', (content) => {
  expect(checkForm(SCHEMA, content)).toEqual([]);
});

test.each<[string, Json]>([
  ['name', 'A'],
  ['name', 'Adalbert'],
  ['name', 5],
  ['mail', 'ada at example.org'],
  ['page', 'example.org'],
  ['day', '2026-02-30'],
  ['day', 'tomorrow'],
  ['moment', '2026-11-29 10:00'],
  ['age', 1.5],
  ['age', -1],
  ['age', 151],
  ['age', '36'],
  ['share', true],
  ['sure', 'yes'],
  ['colour', 'Red'],
  ['grade', 'First'],
  ['some', []],
  ['some', ['x', 'y', 'z']],
  ['some', ['x', 'x']],
  ['some', ['q']],
  ['some', 'x'],
  ['more', ['c']],
  ['unasked', 'x'],
  ['__proto__', 'x'],
])('what does not fit is refused by the name of its field: %s = %o', (name, value) => {
  const content = JSON.parse(`{"name":"Ada",${JSON.stringify(name)}:${JSON.stringify(value)}}`);
  expect(checkForm(SCHEMA, content).map(({ path }) => path)).toEqual([[name]]);
});

test('what is needed must be there', () => {
  expect(checkForm(SCHEMA, {})).toEqual([{ path: ['name'], message: 'must be filled in' }]);
});

test('choices have the titles that people read, in each of the ways to write them', () => {
  const properties = SCHEMA.properties as Record<string, JsonObject>;
  const first = { value: 'a', label: 'First' };
  expect(choicesOf(properties.colour ?? {})?.[0]).toEqual({ value: 'red', label: 'Red' });
  expect(choicesOf(properties.grade ?? {})?.[0]).toEqual(first);
  expect(choicesOf((properties.more?.items ?? {}) as JsonObject)?.[0]).toEqual(first);
  expect(choicesOf(properties.name ?? {})).toBeNull();
});
