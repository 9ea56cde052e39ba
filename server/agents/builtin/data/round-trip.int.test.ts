import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness } from './testing/harness.ts';

// Each case is two tasks in a process of their own.
const harness = createHarness();
afterAll(() => harness.stop());

/** Through ingestion and output to NDJSON, as a pipeline would. */
async function roundTrip(input: Json, config: JsonObject = {}): Promise<JsonObject[]> {
  const table = await harness.run('data-ingestion', input, { config });
  const { artefact } = await harness.run('output', table, { config: { format: 'ndjson' } });
  const text = harness.objects.text((artefact as { $object: string }).$object);
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as JsonObject);
}

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

const cell = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    'null',
    'NaN',
    '007',
    '1e5',
    '-',
    '=1+1',
    'a,b',
    'x"y',
    'line\nbreak',
    '\r\n',
    '😀',
    'Infinity',
  ),
);
// A text for the first column keeps every column text, so that equal means equal.
const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 });

test('any CSV of texts comes out of the output as it went into the ingestion', async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom(',', ';', '\t', '|'),
      fc.constantFrom('\n', '\r\n'),
      async (rows, delimiter, end) => {
        const lines = [['a', 'b', 'c'], ...rows].map((row) => row.map(quoted).join(delimiter));
        const types = { a: 'text', b: 'text', c: 'text' };
        const found = await roundTrip({ data: lines.join(end), format: 'csv' }, { delimiter, types });
        expect(found).toEqual(rows.map(([a, b, c]) => ({ a, b, c })));
      },
    ),
    { numRuns: 40 },
  );
});

test('types that are found out never change a value', async () => {
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 10 }), async (numbers) => {
      const found = await roundTrip({ data: `n\n${numbers.join('\n')}\n`, format: 'csv' });
      expect(found.map((row) => Number(row.n))).toEqual(numbers);
    }),
    { numRuns: 30 },
  );
});

test('any JSON objects come out as they went in, but that absent becomes null', async () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  const rows = fc.array(fc.record({ a: value, b: value }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), async (objects, lines) => {
      const plain = JSON.parse(JSON.stringify(objects)) as JsonObject[];
      const text = lines
        ? plain.map((one) => JSON.stringify(one)).join('\n')
        : JSON.stringify(plain, null, 1);
      expect(await roundTrip({ data: text, format: lines ? 'ndjson' : 'json' })).toEqual(plain);
    }),
    { numRuns: 40 },
  );
});
