import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BadRow } from './bad-rows.ts';
import { scanCsv, splitRecord } from './scan-csv.ts';

const DIALECT = { delimiter: 0x2c, quote: 0x22 };

function read(text: string): { rows: string[][]; lines: number[]; bad: BadRow[] } {
  const bytes = Buffer.from(text);
  const bad: BadRow[] = [];
  const records = [...scanCsv(bytes, DIALECT, (row) => bad.push(row))];
  return {
    rows: records.map((one) => splitRecord(bytes, one, DIALECT).map((value) => value.text)),
    lines: records.map((one) => one.line),
    bad,
  };
}

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

test('any values that are quoted come back as they were', () => {
  const table = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const text = rows.map((row) => row.map(quoted).join(',')).join(end);
      expect(read(text)).toMatchObject({ rows: JSON.parse(JSON.stringify(rows)), bad: [] });
    }),
  );
});

test('line numbers count the line breaks inside values', () => {
  const { lines } = read('a,b\n1,"x\ny\r\nz"\n2,w\n');
  expect(lines).toEqual([1, 2, 5]);
});

test.each([
  ['a,b\n1,"2', 2, 3, 'never closed'],
  ['a,b\n1,"2"x\n', 2, 6, 'follows a closing quote'],
  ['a,b\n\n1,2"x\n', 3, 4, 'inside an unquoted'],
  ['a,b\nñ,2"x\n', 2, 4, 'inside an unquoted'],
])('a fault in %j is named by line %i and column %i', (text, line, column, reason) => {
  const { bad } = read(text);
  expect(bad[0]).toMatchObject({ line, column });
  expect(bad[0]?.reason).toContain(reason);
});

test('reading goes on with the line after a bad one', () => {
  const { rows, bad } = read('1,"2"x\n3,4\n5,"\n6,7\n');
  expect(rows).toEqual([
    ['3', '4'],
    ['6', '7'],
  ]);
  expect(bad.map((row) => row.line)).toEqual([1, 3]);
});

test('any bytes are read to the end without a crash', () => {
  const noise = fc.array(fc.constantFrom('"', ',', '\n', '\r', 'a', '""', 'é'), { maxLength: 60 });
  fc.assert(
    fc.property(noise, (parts) => {
      const text = parts.join('');
      const { rows, bad } = read(text);
      expect(rows.length + bad.length).toBeGreaterThanOrEqual(text === '' ? 0 : 1);
    }),
    { numRuns: 500 },
  );
});

test('a value in quotes is told from one without', () => {
  const bytes = Buffer.from('"",,"a"');
  const [record] = [...scanCsv(bytes, DIALECT, () => {})];
  expect(record && splitRecord(bytes, record, DIALECT)).toEqual([
    { text: '', quoted: true },
    { text: '', quoted: false },
    { text: 'a', quoted: true },
  ]);
});
