import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonFault } from './find-json-fault.ts';
import { depthOf, placeOf, scanArray, scanLines } from './scan-json.ts';

const cut = (text: string) => [
  ...scanArray(Buffer.from(text), (row) => {
    throw new Error(`${row.line}:${row.column} ${row.reason}`);
  }),
];

test('the elements of any array are cut where they end', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 2), (values, indent) => {
      const cutOut = cut(JSON.stringify(values, null, indent));
      expect(cutOut.map((one) => JSON.parse(one.text))).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

test('each element knows its line and column', () => {
  expect(cut('[\n {"a":1},\n\n  {"b":2}, {"c":3}]').map(({ line, column }) => [line, column])).toEqual([
    [2, 2],
    [4, 3],
    [4, 12],
  ]);
});

test.each([
  ['{"a":1}', /1:1 .*must begin/],
  ['[{"a":1}', /1:9 .*never closed/],
  ['[{"a":1}] x', /1:11 .*follows/],
  ['[{"a":1},\n]', /2:1 .*comma/],
])('%j is no array, and the fault says where', (text, message) => {
  expect(() => cut(text)).toThrow(message);
});

test('our search for the fault agrees with JSON.parse on whether there is one', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '-0.5e3',
    'true',
    'nul',
    ' ',
    '"\\u00zz"',
    '01',
    '\n',
  );
  const document = fc.oneof(
    fc.json(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(document, (text) => {
      let good = true;
      try {
        JSON.parse(text);
      } catch {
        good = false;
      }
      expect(findJsonFault(text) === null).toBe(good);
    }),
    { numRuns: 2_000 },
  );
});

test('the place of a fault is that of the file, not of the record', () => {
  const [, second] = cut('[{"a":1},\n  {"b":\n   x}]');
  expect(second && placeOf(second)).toMatchObject({ line: 3, column: 4 });
});

test('blank lines of NDJSON are left out and still counted', () => {
  expect([...scanLines(Buffer.from('{}\n\n \r\n{}'))].map((one) => one.line)).toEqual([1, 4]);
});

test('depth is that of brackets outside of texts', () => {
  expect(depthOf('{"a[[[{":[{"b":"\\"]["}]}')).toBe(3);
});
