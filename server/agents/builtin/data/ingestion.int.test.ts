import { afterAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness, failureOf } from './testing/harness.ts';

const harness = createHarness();
afterAll(() => harness.stop());

const ingest = (input: Json, config: JsonObject = {}) => harness.run('data-ingestion', input, { config });
const failing = (input: Json, config: JsonObject = {}) => failureOf(ingest(input, config));
const typesOf = (output: JsonObject) => (output.columns as { type: string }[]).map((column) => column.type);

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

describe('values stay what they are', () => {
  test('identifiers with leading zeros, long numbers and exact times are not bent', async () => {
    const data =
      'zip,card,at,day,zoned\n01234,12345678901234567890,2024-02-29T23:59:59.123456,2024-02-29,2024-02-29T23:59:59Z\n';
    const output = await ingest({ data, format: 'csv' });
    expect(typesOf(output)).toEqual(['VARCHAR', 'VARCHAR', 'TIMESTAMP', 'DATE', 'TIMESTAMP WITH TIME ZONE']);
    expect(output.rows).toEqual([
      {
        zip: '01234',
        card: '12345678901234567890',
        at: '2024-02-29T23:59:59.123456',
        day: '2024-02-29',
        zoned: '2024-02-29T23:59:59Z',
      },
    ]);
  });

  test('integers beyond those of JavaScript stay exact', async () => {
    const big = '{"n":9007199254740993}\n{"n":1}';
    expect((await ingest({ data: big, format: 'ndjson' })).rows).toEqual([
      { n: '9007199254740993' },
      { n: 1 },
    ]);
    const mixed = await ingest({ data: `${big}\n{"n":"text"}`, format: 'ndjson' });
    const asText = { sql: 'SELECT CAST(n AS VARCHAR) AS n FROM input' };
    const { rows } = await harness.run('transformation', mixed, { config: asText });
    expect(rows).toEqual([{ n: '9007199254740993' }, { n: '1' }, { n: '"text"' }]);
  });
});

describe('hostile names', () => {
  const names = [
    '"; DROP TABLE input; --',
    '__proto__',
    'constructor',
    "it's",
    'Ünï 😀',
    'rowid',
    'row_place',
    'select',
    'a\nb',
    ' ',
    'x"y',
  ];

  test('are columns like any other through all six stages', async () => {
    const data = `${names.map(quoted).join(',')}\n${names.map((_, n) => n + 1).join(',')}\n`;
    let output = await ingest({ data, format: 'csv' });
    for (const capability of ['transformation', 'analysis', 'validation', 'processing']) {
      output = await harness.run(capability, output);
    }
    const last = await harness.run('output', output);
    const { $object } = last.artefact as { $object: string };
    const [row] = JSON.parse(harness.objects.text($object)) as JsonObject[];
    expect(Object.entries(row ?? {})).toEqual(names.map((name, n) => [name, n + 1]));
  });

  test('are keys of JSON too, and those that differ only in case stay apart', async () => {
    const row = Object.fromEntries([...names, 'Case', 'CASE', ''].map((name, n) => [name, n]));
    const output = await ingest({ data: JSON.stringify([row]), format: 'json' });
    expect((output.columns as { name: string }[]).map((column) => column.name)).toEqual([
      ...names,
      'Case',
      'CASE_1',
      'column_14',
    ]);
    expect(Object.values((output.rows as JsonObject[])[0] ?? {})).toEqual(Object.values(row));
  });

  test('a thousand columns pass through', async () => {
    const header = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    const data = `${header.join(',')}\n${header.map((_, n) => n).join(',')}\n`;
    const output = await harness.run('transformation', await ingest({ data, format: 'csv' }));
    expect((output.rows as JsonObject[])[0]).toMatchObject({ c0: 0, c999: 999 });
  });
});

describe('large and deep inputs', () => {
  test('five megabytes of CSV become an artefact with all rows, and the preview is short', async () => {
    const line = (n: number) => `${n},${'x'.repeat(40)},${n / 7}`;
    const data = `id,text,share\n${Array.from({ length: 80_000 }, (_, n) => line(n)).join('\n')}\n`;
    expect(data.length).toBeGreaterThan(5_000_000);
    const output = await ingest({ data, format: 'csv' });
    expect(output).toMatchObject({
      rowCount: 80_000,
      $table: { contentType: 'application/vnd.apache.parquet' },
    });
    expect(output.preview).toHaveLength(20);
    const sql = 'SELECT count(*) AS n, sum(id) AS s, min(length(text)) AS l FROM input';
    expect((await harness.run('transformation', output, { config: { sql } })).rows).toEqual([
      { n: 80_000, s: 3_199_960_000, l: 40 },
    ]);
  });

  test('five megabytes of JSON on one line are read in linear time', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => ({ id: n, text: 'y'.repeat(60) }));
    const output = await ingest({ data: JSON.stringify(rows), format: 'json' });
    expect(output.rowCount).toBe(60_000);
  });

  test('JSON nested deeper than 64 levels is refused, as deep as it may be', async () => {
    const deep = (levels: number) => `[{"a":${'['.repeat(levels)}${']'.repeat(levels)}}]`;
    expect((await ingest({ data: deep(60), format: 'json' })).rowCount).toBe(1);
    for (const levels of [70, 200_000]) {
      expect((await failing({ data: deep(levels), format: 'json' })).message).toContain('deeper than 64');
    }
  });

  test('an input above the limit is refused before any work', async () => {
    const small = createHarness({ data: { maxInputMb: 1 } });
    const failure = await failureOf(
      small.run('data-ingestion', { data: 'x'.repeat(1_100_000), format: 'csv' }),
    );
    await small.stop();
    expect(failure).toMatchObject({ code: 'INPUT_TOO_LARGE', errorClass: 'invalid-input' });
  });
});

describe('malformed input', () => {
  test.each([
    ['csv', 'a,b\n1,2\n3\n', 3, 1, 'there is 1 value, and the header names 2'],
    ['csv', 'a,b\n"x\ny",2\n1,2,3\n', 4, 1, 'there are 3 values'],
    ['csv', 'a,b\n1,"2\n', 2, 3, 'never closed'],
    ['csv', 'a,"b\n1,2\n', 1, 3, 'never closed'],
    ['json', '[{"a":1},\n {"a":}]', 2, 7, 'value is missing'],
    ['json', '{"a":1}', 1, 1, 'must begin here'],
    ['json', '[{"a":1}, 5]', 1, 11, 'must be a JSON object'],
    ['ndjson', '{"a":1}\n\n{"a":1\n', 3, 7, 'ends too early'],
    ['ndjson', '{"a":1}\n[1]\n', 2, 1, 'must be a JSON object'],
  ])('%s %j is named by line %i and column %i', async (format, data, line, column, reason) => {
    const failure = await failing({ data, format });
    expect(failure.errorClass).toBe('invalid-input');
    expect(failure.message).toMatch(new RegExp(`^Line ${line}, column ${column}: .*${reason}`));
    expect(failure.details).toEqual({ line, column });
  });

  test('a value that is not of the type asked for is named by its line and text', async () => {
    const failure = await failing(
      { data: 'a,b\n"x\ny",1\nz,two\n', format: 'csv' },
      { types: { b: 'integer' } },
    );
    expect(failure.message).toBe(
      'Line 4, column 2: the value of "b" must be BIGINT. The text there is "two".',
    );
  });

  test('the same holds for JSON, and its row can be left out', async () => {
    const data = '[{"a":1,"t":"2024-01-01"},\n\n {"a":2,"t":"soon"}]';
    const types = { t: 'date' };
    const failure = await failing({ data, format: 'json' }, { types });
    expect(failure.message).toBe(
      'Line 3, column 2: the value of "t" must be DATE. The text there is "soon".',
    );
    const output = await ingest({ data, format: 'json' }, { types, onBadRow: 'skip' });
    expect(output).toMatchObject({ rows: [{ a: 1, t: '2024-01-01' }], ingestion: { skippedRows: 1 } });
    expect(typesOf(output)).toEqual(['BIGINT', 'DATE']);
  });

  test('long offending text is shortened', async () => {
    const failure = await failing({ data: `a,b\n${'x'.repeat(5_000)}\n`, format: 'csv' });
    expect(failure.message.length).toBeLessThan(300);
  });

  test('with onBadRow skip the good rows go on, and the bad ones are counted and shown', async () => {
    const data = 'a,b\n1,x\nnine,y\n3\n4,"z"q\n5,w\n';
    const output = await ingest({ data, format: 'csv' }, { onBadRow: 'skip', types: { a: 'integer' } });
    expect(output.rows).toEqual([
      { a: 1, b: 'x' },
      { a: 5, b: 'w' },
    ]);
    expect(output.ingestion).toMatchObject({
      skippedRows: 3,
      skipped: [{ line: 3 }, { line: 4 }, { line: 5 }],
    });
    const json = await ingest({ data: '{"a":1}\nnonsense\n{"a":2}', format: 'ndjson' }, { onBadRow: 'skip' });
    expect(json).toMatchObject({
      rows: [{ a: 1 }, { a: 2 }],
      ingestion: { skippedRows: 1, skipped: [{ line: 2 }] },
    });
  });

  test.each([
    [{ data: '', format: 'csv' }, {}, 'NO_COLUMNS'],
    [{ data: '[]', format: 'json' }, {}, 'NO_COLUMNS'],
    [{ data: 'a\n1\n2\n' }, { maxRows: 1 }, 'TOO_MANY_ROWS'],
    [{ data: 'a\n1\n' }, { types: { b: 'text' } }, 'UNKNOWN_COLUMN'],
    [{ data: 'a\n1\n', format: 'xml' }, {}, 'CONFIG_INVALID'],
    [{}, {}, 'NO_DATA'],
    [null, {}, 'NO_DATA'],
    [{ data: 5 }, {}, 'BAD_INPUT'],
  ])('%j with %j fails with %s', async (input, config, code) => {
    expect(await failing(input as Json, config as JsonObject)).toMatchObject({
      code,
      errorClass: 'invalid-input',
    });
  });
});

describe('a Parquet file that cannot be read', () => {
  /** Some thousand rows of three columns, as the output agent writes them. */
  async function makeParquet(): Promise<Buffer> {
    const rows = Array.from({ length: 3000 }, (_, n) => ({
      id: n,
      name: `name ${n * 7919}`,
      price: n * 1.5,
    }));
    const { artefact } = await harness.run('output', { rows }, { config: { format: 'parquet' } });
    return Buffer.from(await harness.objects.get(artefact as never));
  }
  const readFile = async (bytes: Buffer) => {
    const object = await harness.objects.put(bytes, {
      contentType: 'application/vnd.apache.parquet',
      name: 'x.parquet',
    });
    return failing({ object: { ...object } }, { format: 'parquet' });
  };
  const edit = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(bytes);
    change(copy);
    return copy;
  };
  const footerOf = (bytes: Buffer) => bytes.readUInt32LE(bytes.length - 8);

  test.each<[string, (whole: Buffer) => Buffer, RegExp]>([
    ['is empty', () => Buffer.alloc(0), /^The file is empty, so it is no Parquet file/],
    [
      'is another kind of file',
      () => Buffer.from('id,name\n1,x\n'),
      /^This is not a Parquet file: .* begins with "id,name\\n1,x\\n"/,
    ],
    [
      'is encrypted',
      (whole) => edit(whole, (copy) => copy.write('PARE')),
      /is encrypted, and there is no key/,
    ],
    [
      'has come in part',
      (whole) => whole.subarray(0, whole.length / 2),
      /is cut off: after [\d,]+ bytes it ends without its last part/,
    ],
    ['is a mark and no more', () => Buffer.from('PAR1PAR1'), /is cut off: after 8 bytes/],
    [
      'says that its last part is longer than all of it',
      (whole) => edit(whole, (copy) => copy.writeUInt32LE(99_999_999, copy.length - 8)),
      /is damaged: its last part should be 99,999,999 bytes long, and the file has [\d,]+\./,
    ],
    [
      'says nothing that can be read of its columns',
      (whole) => edit(whole, (copy) => copy.fill(0xff, copy.length - 8 - footerOf(copy), copy.length - 8)),
      /is damaged: what it says of its columns cannot be read/,
    ],
    [
      'has a hole in one column',
      (whole) =>
        edit(whole, (copy) =>
          copy.fill(0xff, copy.length - 8 - footerOf(copy) - 400, copy.length - 8 - footerOf(copy)),
        ),
      /is damaged: its column "price" \(3 of 3\) cannot be read/,
    ],
  ])('that %s says so, and names no line', async (_, damage, says) => {
    const failure = await readFile(damage(await makeParquet()));
    expect(failure).toMatchObject({ code: 'BAD_PARQUET', errorClass: 'invalid-input' });
    expect(failure.message).toMatch(says);
    expect(failure.message).not.toMatch(/[Ll]ine \d|LINE|read_parquet|\/tmp/);
  });
});

describe('options and sources', () => {
  test('the format is seen from the text when nobody tells it', async () => {
    for (const data of ['a\n1\n', '[{"a":1}]', '{"a":1}'])
      expect((await ingest(data)).rows).toEqual([{ a: 1 }]);
  });

  test('header, delimiter, quote and null strings', async () => {
    const config = { header: false, delimiter: ';', quote: "'", nullStrings: ['', 'NA'] };
    expect((await ingest({ data: "'a;b';NA\n'NA';1\n", format: 'csv' }, config)).rows).toEqual([
      { column_1: 'a;b', column_2: null },
      { column_1: 'NA', column_2: 1 },
    ]);
  });

  test('the parameters of the run are heard', async () => {
    const parameters = { format: 'csv', delimiter: ';', batch_size: 1 };
    expect((await harness.run('data-ingestion', { data: 'a;b\n1;2\n' }, { parameters })).rows).toEqual([
      { a: 1, b: 2 },
    ]);
  });

  test('rows, the output of a stage and a run input with input_data are all sources', async () => {
    const rows = [{ a: 1 }];
    for (const input of [
      rows,
      { rows },
      { data: rows },
      { input_data: { data: rows } },
      await ingest(rows),
    ]) {
      expect((await ingest(input as Json)).rows).toEqual(rows);
    }
  });

  test('an object is read by its name, in the encoding that it is told', async () => {
    const object = await harness.objects.put(Buffer.from([0x61, 0x0a, 0xe9]), {
      contentType: 'text/csv',
      name: 'x.csv',
    });
    expect((await ingest({ object: { ...object } }, { encoding: 'windows-1252' })).rows).toEqual([
      { a: 'é' },
    ]);
    expect((await failing({ object: { ...object } })).code).toBe('BAD_ENCODING');
  });
});
