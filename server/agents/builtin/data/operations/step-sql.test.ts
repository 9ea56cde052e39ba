import { expect, test } from 'vitest';
import { stepSchema } from '../schemas.ts';
import { stepSql } from './step-sql.ts';

const columns = [
  { name: 'id', type: 'BIGINT' },
  { name: 'Name', type: 'VARCHAR' },
  { name: 'say "hi"', type: 'DOUBLE' },
];
const orders = [
  { name: 'id', type: 'BIGINT' },
  { name: 'name', type: 'VARCHAR' },
];

function sqlOf(step: unknown, checkedSql?: string): string {
  const columnsOf = (table: string) => (table === 'orders' ? orders : undefined);
  return stepSql(stepSchema.parse(step), { columns, columnsOf, checkedSql, where: 'Step 1' });
}

test.each([
  [{ op: 'select', columns: ['name', 'id'] }, 'SELECT "Name", "id" FROM input'],
  [{ op: 'drop', columns: ['say "hi"'] }, 'SELECT "id", "Name" FROM input'],
  [{ op: 'limit', count: 3, offset: 2 }, 'SELECT * FROM input LIMIT 3 OFFSET 2'],
  [
    { op: 'rename', columns: { id: 'key' } },
    'SELECT "id" AS "key", "Name" AS "Name", "say ""hi""" AS "say ""hi""" FROM input',
  ],
  [
    { op: 'cast', columns: { id: 'text' }, onError: 'null' },
    'SELECT TRY_CAST("id" AS VARCHAR) AS "id", "Name", "say ""hi""" FROM input',
  ],
  [
    { op: 'fill', columns: { Name: "O'Hara" } },
    `SELECT "id", coalesce("Name", CAST('O''Hara' AS VARCHAR)) AS "Name", "say ""hi""" FROM input`,
  ],
  [
    {
      op: 'filter',
      where: [
        { column: 'id', op: 'gte', value: 2 },
        { column: 'Name', op: 'in', value: ["a'b"] },
      ],
      match: 'any',
    },
    `SELECT * FROM input WHERE (("id" >= 2) OR ("Name" IN ('a''b')))`,
  ],
])('the step %j is one SELECT with every name and value quoted', (step, sql) => {
  expect(sqlOf(step)).toBe(sql);
});

test('a derived column takes the place of the one of its name, whatever the case', () => {
  expect(sqlOf({ op: 'derive', column: 'NAME', sql: 'x' }, '(upper(Name))')).toBe(
    'SELECT "id", (upper(Name)) AS "Name", "say ""hi""" FROM input',
  );
});

test('a join gives the columns of the other table names of their own', () => {
  const sql = sqlOf({ op: 'join', with: 'orders', on: [{ left: 'id', right: 'id' }], type: 'left' });
  expect(sql).toContain('r."name" AS "orders_name"');
  expect(sql).toContain('ORDER BY l."row_place", r."row_place"');
});

test.each([
  [
    { op: 'select', columns: ['nope'] },
    'UNKNOWN_COLUMN',
    /Step 1 names the column "nope", and the table has id, Name/,
  ],
  [{ op: 'rename', columns: { id: 'NAME' } }, 'COLUMN_EXISTS', /second column/],
  [{ op: 'drop', columns: ['id', 'Name', 'say "hi"'] }, 'CONFIG_INVALID', /no column/],
  [{ op: 'filter' }, 'CONFIG_INVALID', /neither/],
  [{ op: 'filter', where: [{ column: 'id', op: 'eq', value: null }] }, 'CONFIG_INVALID', /is_null/],
  [{ op: 'join', with: 'nope', on: [{ left: 'id', right: 'id' }] }, 'WHICH_TABLE', /no such table/],
  [{ op: 'aggregate', measures: [{ fn: 'sum', column: 'Name' }] }, 'WRONG_TYPE', /needs numbers/],
  [{ op: 'aggregate', measures: [{ fn: 'sum' }] }, 'CONFIG_INVALID', /needs a column/],
])('the step %j is refused with a sentence', (step, code, message) => {
  expect(() => sqlOf(step)).toThrow(message);
  expect(() => sqlOf(step)).toThrow(expect.objectContaining({ code, errorClass: 'invalid-input' }));
});
