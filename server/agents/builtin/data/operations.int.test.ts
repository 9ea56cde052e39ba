import { afterAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness, failureOf } from './testing/harness.ts';

const harness = createHarness();
afterAll(() => harness.stop());

const shop: JsonObject[] = [
  { id: 1, city: 'Oslo', price: 10, at: '2024-01-01' },
  { id: 2, city: 'Rio', price: 20, at: '2024-01-02' },
  { id: 3, city: 'Oslo', price: null, at: '2024-01-02' },
  { id: 4, city: 'Oslo', price: 10, at: '2024-01-02' },
];
const cities = [
  { name: 'Oslo', country: 'NO' },
  { name: 'Oslo', country: 'Norway' },
];

async function rowsOf(capability: string, config: JsonObject, input: Json = shop): Promise<Json> {
  return (await harness.run(capability, input, { config })).rows ?? null;
}
const transform = (steps: unknown[], input?: Json) =>
  rowsOf('transformation', { steps: steps as Json[] }, input);
const process = (operations: unknown[], input?: Json) =>
  rowsOf('processing', { operations: operations as Json[] }, input);

describe('transformation', () => {
  test('steps run in order over the rows, whose order stays', async () => {
    const steps = [
      { op: 'fill', columns: { price: 0 } },
      { op: 'filter', where: [{ column: 'city', op: 'eq', value: 'Oslo' }], sql: 'id <> 4' },
      { op: 'derive', column: 'tax', sql: 'price * 0.25' },
      { op: 'select', columns: ['id', 'tax'] },
    ];
    expect(await transform(steps)).toEqual([
      { id: 1, tax: 2.5 },
      { id: 3, tax: 0 },
    ]);
  });

  test('dedupe keeps the first or the last of those alike', async () => {
    const dedupe = (keep: string) =>
      transform([
        { op: 'dedupe', columns: ['city'], keep },
        { op: 'select', columns: ['id'] },
      ]);
    expect(await dedupe('first')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await dedupe('last')).toEqual([{ id: 2 }, { id: 4 }]);
  });

  test('sort is stable and puts nulls where it is told', async () => {
    const by = [{ column: 'price', direction: 'desc', nulls: 'first' }];
    expect(
      await transform([
        { op: 'sort', by },
        { op: 'select', columns: ['id'] },
      ]),
    ).toEqual([{ id: 3 }, { id: 2 }, { id: 1 }, { id: 4 }]);
  });

  test('aggregate counts, sums and keeps the keys in order', async () => {
    const measures = [
      { fn: 'count' },
      { fn: 'sum', column: 'price' },
      { fn: 'last', column: 'id', as: 'newest' },
    ];
    expect(await transform([{ op: 'aggregate', groupBy: ['city'], measures }])).toEqual([
      { city: 'Oslo', count: 3, sum_price: 20, newest: 4 },
      { city: 'Rio', count: 1, sum_price: 20, newest: 2 },
    ]);
  });

  test('join takes another upstream table by its name', async () => {
    const input = { shop, cities };
    const join = (type: string): Json[] => [
      { op: 'join', with: 'cities', on: [{ left: 'city', right: 'name' }], type },
      { op: 'drop', columns: ['price', 'at', 'city'] },
    ];
    const run = (type: string) => rowsOf('transformation', { from: 'shop', steps: join(type) }, input);
    expect(await run('left')).toEqual([
      { id: 1, country: 'NO' },
      { id: 1, country: 'Norway' },
      { id: 2, country: null },
      { id: 3, country: 'NO' },
      { id: 3, country: 'Norway' },
      { id: 4, country: 'NO' },
      { id: 4, country: 'Norway' },
    ]);
    expect(await run('anti')).toEqual([{ id: 2 }]);
    expect(await run('semi')).toEqual([{ id: 1 }, { id: 3 }, { id: 4 }]);
  });

  test('pivot and unpivot turn values into columns and back', async () => {
    const pivot = {
      op: 'pivot',
      groupBy: ['at'],
      column: 'city',
      values: ['Oslo', 'Rio'],
      measure: { fn: 'count' },
    };
    const wide = [
      { at: '2024-01-01', Oslo: 1, Rio: 0 },
      { at: '2024-01-02', Oslo: 2, Rio: 1 },
    ];
    expect(await transform([pivot])).toEqual(wide);
    const unpivot = { op: 'unpivot', columns: ['Oslo', 'Rio'], nameColumn: 'city', valueColumn: 'n' };
    expect(await transform([unpivot], wide.slice(0, 1))).toEqual([
      { at: '2024-01-01', city: 'Oslo', n: 1 },
      { at: '2024-01-01', city: 'Rio', n: 0 },
    ]);
  });

  test('sql is one SELECT over input and the named tables', async () => {
    const sql = 'SELECT count(*) AS n FROM input JOIN cities ON city = name;';
    expect(await rowsOf('transformation', { from: 'shop', sql }, { shop, cities })).toEqual([{ n: 6 }]);
  });

  test('cast fails with the step and the value, or makes nulls', async () => {
    const cast = (onError: string) =>
      transform([
        { op: 'cast', columns: { city: 'integer' }, onError },
        { op: 'select', columns: ['city'] },
      ]);
    expect((await failureOf(cast('fail'))).message).toMatch(/^Step 1 \(cast\).*Oslo/);
    expect(await cast('null')).toEqual([{ city: null }, { city: null }, { city: null }, { city: null }]);
  });

  test('several tables need a word on which is meant', async () => {
    expect(await failureOf(harness.run('transformation', { shop, cities }))).toMatchObject({
      code: 'WHICH_TABLE',
      message: 'This stage has the tables shop, cities. Set "from" to one of them.',
    });
  });

  test('sums beyond 64 bits stay exact', async () => {
    const steps = [{ op: 'sql', sql: 'SELECT 9223372036854775807::HUGEINT + 1 AS n' }];
    const output = await harness.run('transformation', shop, { config: { steps } });
    expect(output).toMatchObject({
      rows: [{ n: '9223372036854775808' }],
      columns: [{ name: 'n', type: 'DECIMAL(38,0)' }],
    });
    expect(await rowsOf('transformation', { sql: 'SELECT n + 1 AS n FROM input' }, output)).toEqual([
      { n: '9223372036854775809' },
    ]);
  });
});

describe('processing', () => {
  test('buckets of numbers and of times', async () => {
    const rows = [
      { n: 7, t: '2024-05-17' },
      { n: -1, t: '2024-06-01' },
    ];
    const typed = {
      rows,
      columns: [
        { name: 'n', type: 'BIGINT' },
        { name: 't', type: 'DATE' },
      ],
      rowCount: 2,
    };
    const operations = [
      { op: 'bucket', column: 'n', width: 5 },
      { op: 'bucket', column: 't', every: 'month', as: 'month' },
    ];
    expect(await process(operations, typed)).toMatchObject([
      { n_bucket: 5, month: expect.stringMatching(/^2024-05-01/) },
      { n_bucket: -5, month: expect.stringMatching(/^2024-06-01/) },
    ]);
  });

  test('windows look at the rows before', async () => {
    const window = { op: 'window', partitionBy: ['city'], orderBy: [{ column: 'id' }] };
    const operations = [
      { ...window, fn: 'row_number', as: 'n' },
      { ...window, fn: 'lag', column: 'id', as: 'before' },
      { ...window, fn: 'running_sum', column: 'id', as: 'sum' },
      { op: 'sql', sql: 'SELECT id, n, before, sum FROM input' },
    ];
    expect(await process(operations)).toEqual([
      { id: 1, n: 1, before: null, sum: 1 },
      { id: 2, n: 1, before: null, sum: 2 },
      { id: 3, n: 2, before: 1, sum: 4 },
      { id: 4, n: 3, before: 3, sum: 8 },
    ]);
  });

  test('a sample is the same each time, in the order of the rows, and another with another seed', async () => {
    const rows = Array.from({ length: 500 }, (_, n) => ({ n }));
    const sample = (seed: number) =>
      process([{ op: 'sample', rows: 10, seed }], rows) as Promise<{ n: number }[]>;
    const first = await sample(1);
    expect(first).toHaveLength(10);
    expect(first.map((row) => row.n)).toEqual(first.map((row) => row.n).toSorted((a, b) => a - b));
    expect(await sample(1)).toEqual(first);
    expect(await sample(2)).not.toEqual(first);
    expect(await process([{ op: 'sample', share: 0.5 }], rows)).toHaveLength(250);
  });

  test('partitions are numbered in the order of their keys', async () => {
    const output = (await process([{ op: 'partition', by: ['city'] }])) as { partition: number }[];
    expect(output.map((row) => row.partition)).toEqual([1, 2, 1, 1]);
  });

  test('batch_size is how many rows are worked on between two signs of progress', async () => {
    const operations = [{ op: 'derive', column: 'double', sql: 'id * 2' }];
    const run = (batch_size: number) =>
      harness.run('processing', shop, { config: { operations }, parameters: { batch_size } });
    harness.progress.length = 0;
    const small = await run(1);
    expect(small.processing).toEqual({ operations: 1, batches: 4 });
    expect(harness.progress.filter((fraction) => fraction > 0.2)).toHaveLength(4);
    const large = await run(100);
    expect(large.processing).toEqual({ operations: 1, batches: 1 });
    expect(large.rows).toEqual(small.rows);
  });

  test('what looks at other rows is never cut into batches', async () => {
    const operations = [
      { op: 'derive', column: 'share', sql: 'id / sum(id) OVER ()' },
      { op: 'derive', column: 'most', sql: '(SELECT max(id) FROM input)' },
    ];
    const output = await harness.run('processing', shop, {
      config: { operations },
      parameters: { batch_size: 1 },
    });
    expect(output.processing).toEqual({ operations: 2, batches: 0 });
    expect(output.rows).toMatchObject([{ share: 0.1, most: 4 }, { share: 0.2 }, {}, {}]);
  });

  test('more parallel workers than there are is said, not silently taken', async () => {
    await harness.run('processing', shop, { parameters: { parallel_workers: 64 } });
    expect(harness.logs.some((log) => log.message.startsWith('64 parallel workers were asked for'))).toBe(
      true,
    );
  });
});

describe('output', () => {
  const write = async (config: JsonObject, input: Json = shop) => {
    const output = await harness.run('output', input, { config });
    const { $object } = output.artefact as { $object: string };
    return { output, text: () => harness.objects.text($object) };
  };

  test('texts that a spreadsheet would run get an apostrophe, numbers and other texts do not', async () => {
    const rows = [
      { '=t': "=cmd|'/c calc'!A1", n: -5 },
      { '=t': '+1', n: 1 },
      { '=t': '＠x', n: 1 },
      { '=t': 'a=b', n: 1 },
      { '=t': '\tx', n: 1 },
    ];
    const { text } = await write({ format: 'csv' }, rows);
    expect(text()).toBe("'=t,n\n'=cmd|'/c calc'!A1,-5\n'+1,1\n'＠x,1\na=b,1\n'\tx,1\n");
    expect((await write({ format: 'csv', formulaSafe: false }, rows)).text()).toContain('\n+1,1\n');
  });

  test('the artefact is what the output says it is', async () => {
    const { output, text } = await write({ format: 'ndjson', name: 'shop.ndjson' });
    expect(output).toMatchObject({
      name: 'shop.ndjson',
      format: 'ndjson',
      rowCount: 4,
      bytes: Buffer.byteLength(text()),
    });
    expect(output.sha256).toBe((output.artefact as { $object: string }).$object);
    expect(
      text()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(shop);
  });

  test.each(['csv', 'json', 'ndjson', 'parquet'])(
    'a table written as %s is read back as it was',
    async (format) => {
      const { output } = await write({ format });
      const back = await harness.run('data-ingestion', { object: output.artefact as JsonObject });
      expect(back.rows).toEqual(shop);
    },
  );

  test('what JSON has no word for becomes null, so that the file stays JSON', async () => {
    const nan = await harness.run('transformation', [{ a: 1 }], {
      config: { sql: "SELECT 'nan'::DOUBLE AS x, 'inf'::DOUBLE AS y, 1.5 AS z FROM input" },
    });
    const { text } = await write({ format: 'json' }, nan);
    expect(JSON.parse(text())).toEqual([{ x: null, y: null, z: 1.5 }]);
  });

  test('the same table gives the same bytes', async () => {
    for (const format of ['csv', 'json', 'ndjson', 'parquet']) {
      expect((await write({ format })).output.sha256).toBe((await write({ format })).output.sha256);
    }
  });
});
