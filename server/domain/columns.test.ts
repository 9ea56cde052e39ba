import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packColumn, readRows } from './columns.ts';

test('rows that were packed field by field are read back as they were', () => {
  const row = fc.record({
    state: fc.constantFrom('succeeded', 'failed'),
    attempt: fc.constantFrom(0, 1),
    error: fc.constantFrom<(string | null)[]>(null, 'gone'),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
      const columns = {
        state: packColumn(rows.map(({ state }) => state)),
        attempt: packColumn(rows.map(({ attempt }) => attempt)),
        error: packColumn(rows.map(({ error }) => error)),
      };
      const travelled: typeof columns = JSON.parse(JSON.stringify(columns));
      expect(readRows(travelled, rows.length)).toEqual(rows);
    }),
  );
});

test('what most rows have in common is said once', () => {
  const values = Array.from({ length: 1000 }, (_, place) => (place === 7 ? 'failed' : 'succeeded'));
  expect(packColumn(values)).toEqual({ most: 'succeeded', but: [[7, 'failed']] });
});

test('values that have little in common are told one by one', () => {
  expect(packColumn([1, 2, 3, 4])).toEqual({ each: [1, 2, 3, 4] });
  expect(packColumn([])).toEqual({ each: [] });
});
