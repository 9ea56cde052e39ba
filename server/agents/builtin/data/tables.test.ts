import { expect, test } from 'vitest';
import type { Json } from '#server/domain/json.ts';
import { findTables } from './tables.ts';

const ref = { $object: 'abc', bytes: 1, contentType: 'application/vnd.apache.parquet' };
const rows = [{ a: 1 }];

test.each([
  ['a bare array', rows, 'rows'],
  ['rows with columns', { rows, columns: [{ name: 'a', type: 'BIGINT' }], rowCount: 1 }, 'rows'],
  ['a stored table', { $table: ref, columns: [], rowCount: 1, preview: [] }, 'parquet'],
  ['the field table of an analysis', { profile: {}, table: { rows } }, 'rows'],
  ['a Parquet file', ref, 'parquet'],
  ['another file', { ...ref, contentType: 'text/csv' }, 'raw'],
])('%s is one table called input', (_what, value, kind) => {
  expect(findTables(value).map((table) => [table.name, table.source.kind])).toEqual([['input', kind]]);
});

test('the outputs of several stages are tables under their names', () => {
  const input = { orders: rows, report: { table: { rows } }, note: 'text', ['__proto__']: rows };
  expect(findTables(input).map((table) => table.name)).toEqual(['orders', 'report', '__proto__']);
});

test.each<Json>([null, 1, 'text', {}, { a: [1, 2] }, [1]])('%j holds no table', (value) => {
  expect(findTables(value)).toEqual([]);
});
