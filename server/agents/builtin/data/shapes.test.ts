import { describe, expect, test } from 'vitest';
import { compileJsonSchema, validateJson } from '#server/domain/graph/json-schema.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { findSource } from './ingestion-source.ts';
import { dataShapes } from './shapes.ts';
import { findTables } from './tables.ts';

const FILE = { $object: 'obj_1', bytes: 3, contentType: 'text/csv' };
const STORED = { $object: 'obj_2', bytes: 3, contentType: 'application/vnd.apache.parquet' };
const INPUTS: Json[] = [
  null,
  'a,b\n1,2',
  7,
  [],
  [{ a: 1 }],
  [1, 2],
  {},
  { ok: true },
  { rows: [{ a: 1 }] },
  { rows: [3] },
  { $table: STORED, rowCount: 1 },
  { table: { rows: [{ a: 1 }] } },
  { table: [{ a: 1 }], profile: {} },
  { left: { rows: [{ a: 1 }] }, right: 7 },
  { data: 'a,b' },
  { data: [{ a: 1 }] },
  { data: 7 },
  { object: FILE },
  { input_data: { data: 'a,b' } },
  { input_data: 3 },
  FILE,
];

const isTaken = (schema: JsonObject, value: Json): boolean => {
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return validateJson(compiled.schema, value).length === 0;
};

const isRead = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

/** A table in a field of any name is found, and no schema of ours can say so. */
const isBeyondWords = (value: Json) => isJsonObject(value) && ('left' in value || Array.isArray(value.data));

describe.each(INPUTS.map((input) => ({ input, text: JSON.stringify(input) })))('of $text', ({ input }) => {
  test('is said to be taken where it is read, and nowhere else', () => {
    const tables = findTables(input);
    const isTable = tables.length > 0 && tables.every(({ source }) => source.kind !== 'raw');
    expect(isTaken(dataShapes.transformation.takes, input)).toBe(isTable && !isBeyondWords(input));
    const isSource = isRead(() => findSource(input));
    expect(isTaken(dataShapes['data-ingestion'].takes, input)).toBe(isSource);
  });
});

test('what they are said to give is something that the others take', () => {
  const table = { rows: [{}], columns: [{ name: '', type: '' }], rowCount: 0 };
  for (const { gives } of Object.values(dataShapes)) {
    if (gives === null) continue;
    const value = 'table' in (gives.properties as JsonObject) ? { table } : table;
    expect(isTaken(gives, value)).toBe(true);
    expect(isTaken(dataShapes.output.takes, value)).toBe(true);
  }
});
