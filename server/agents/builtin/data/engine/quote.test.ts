import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freshName, quoteName, quoteScalar, quoteText, usableNames } from './quote.ts';

test('quotes inside names and texts are doubled', () => {
  expect(quoteName('a"; DROP TABLE x; --')).toBe('"a""; DROP TABLE x; --"');
  expect(quoteText("it's")).toBe("'it''s'");
});

test('a text with NUL is refused, for it would end the statement', () => {
  expect(() => quoteText('a\0b')).toThrow(/NUL/);
});

test.each([
  [null, 'NULL'],
  [true, 'TRUE'],
  [-3, '-3'],
  [0.5, "CAST('0.5' AS DOUBLE)"],
])('the value %j is %s in SQL', (value, sql) => {
  expect(quoteScalar(value)).toBe(sql);
});

test('usable names are never empty, never twice, and the same where they were already', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('a', 'A', 'a_1', '', '__proto__'))), (raw) => {
      const names = usableNames(raw);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(raw.length);
      expect(names.every((name) => name !== '')).toBe(true);
      expect(usableNames(names)).toEqual(names);
    }),
  );
});

test('a fresh name differs from those taken, whatever their case', () => {
  expect(freshName('row', ['ROW', 'Row_1'])).toBe('row_2');
});
