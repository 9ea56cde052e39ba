import { afterAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness, failureOf } from './testing/harness.ts';

const harness = createHarness({ now: () => Date.parse('2024-01-03T00:00:00Z') });
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

describe('analysis', () => {
  test('the profile tells the numbers of each column, and the table goes on', async () => {
    const output = await harness.run('analysis', [...shop, shop[0] as JsonObject], { config: { bins: 2 } });
    expect(output.profile).toMatchObject({ rowCount: 5, columnCount: 4, duplicateRows: 1 });
    const [id, city, price] = (output.profile as { columns: JsonObject[] }).columns;
    expect(id).toMatchObject({ count: 5, nulls: 0, distinct: 4, min: 1, max: 4, mean: 2.2 });
    expect(id?.quantiles).toMatchObject({ p50: 2, p75: 3 });
    expect(id?.histogram).toEqual([
      { from: 1, to: 2.5, count: 3 },
      { from: 2.5, to: 4, count: 2 },
    ]);
    expect(city).toMatchObject({
      distinct: 2,
      top: [
        { value: 'Oslo', count: 4 },
        { value: 'Rio', count: 1 },
      ],
    });
    expect(price).toMatchObject({ nulls: 1, nullShare: 0.2 });
    expect(output.table).toMatchObject({ rowCount: 5 });
  });

  test('numbers that move together correlate', async () => {
    const rows = [1, 2, 3].map((n) => ({ a: n, b: n * 2, c: -n, d: 5 }));
    const { profile } = await harness.run('analysis', rows);
    const correlations = (profile as { correlations: { a: string; b: string; correlation: number | null }[] })
      .correlations;
    const of = (a: string, b: string) => correlations.find((one) => one.a === a && one.b === b)?.correlation;
    expect(of('a', 'b')).toBeCloseTo(1);
    expect(of('a', 'c')).toBeCloseTo(-1);
    expect(of('a', 'd')).toBeNull();
  });

  test('numbers at the end of what a double holds still give a profile', async () => {
    const rows = [{ x: 1.7e308 }, { x: -1.7e308 }, { x: 0.5 }];
    const { profile } = await harness.run('analysis', rows);
    expect((profile as { columns: JsonObject[] }).columns[0]).toMatchObject({ min: -1.7e308, max: 1.7e308 });
  });

  test('a table without rows has a profile too', async () => {
    const empty = {
      rows: [],
      columns: [
        { name: 'a', type: 'DOUBLE' },
        { name: 'b', type: 'VARCHAR' },
      ],
      rowCount: 0,
    };
    expect((await harness.run('analysis', empty)).profile).toMatchObject({
      rowCount: 0,
      columns: [{ min: null, histogram: [] }, { top: [] }],
    });
  });
});

describe('validation', () => {
  const judge = async (rules: unknown[], input: Json = shop) =>
    (await harness.run('validation', input, { config: { rules: rules as Json[], onFail: 'report' } }))
      .report as unknown as {
      passed: boolean;
      rules: { passed: boolean; failing: number; share: number; samples: JsonObject[]; note?: string }[];
    };

  test.each([
    [{ rule: 'not_null', column: 'price' }, 1, 3],
    [{ rule: 'unique', columns: ['city'] }, 3, 1],
    [{ rule: 'in_set', column: 'city', values: ['Oslo'] }, 1, 2],
    [{ rule: 'regex', column: 'city', pattern: '[A-Z][a-z]{3}' }, 1, 2],
    [{ rule: 'range', column: 'price', min: 5, max: 15 }, 1, 2],
    [{ rule: 'range', column: 'at', max: '2024-01-01' }, 3, 2],
    [{ rule: 'type', column: 'city', type: 'integer' }, 4, 1],
    [{ rule: 'sql', sql: 'price < 15' }, 2, 2],
  ])('the rule %j finds %i bad rows, the first in row %i', async (rule, failing, row) => {
    const report = await judge([rule]);
    expect(report.passed).toBe(false);
    expect(report.rules[0]).toMatchObject({ failing, share: failing / 4, passed: false });
    expect(report.rules[0]?.samples[0]).toMatchObject({ row });
  });

  test('a foreign key must be in the other table', async () => {
    const rules = [{ rule: 'foreign_key', column: 'city', table: 'cities', references: 'name' }];
    const output = await harness.run(
      'validation',
      { shop, cities },
      { config: { from: 'shop', rules, onFail: 'report' } },
    );
    expect(output.report).toMatchObject({
      passed: false,
      rules: [{ failing: 1, samples: [{ city: 'Rio' }] }],
    });
  });

  test.each([
    [{ rule: 'row_count', min: 5 }, false],
    [{ rule: 'row_count', max: 5 }, true],
    [{ rule: 'columns', columns: ['id', 'nope'] }, false],
    [{ rule: 'columns', columns: ['id'], exact: true }, false],
    [{ rule: 'columns', columns: ['id'] }, true],
    [{ rule: 'not_all_null' }, true],
  ])('the rule %j about the table says %s', async (rule, passed) => {
    expect((await judge([rule])).passed).toBe(passed);
  });

  test('freshness measures the newest time by the clock of the server', async () => {
    const typed = { rows: shop, columns: [{ name: 'at', type: 'DATE' }], rowCount: 4 };
    expect((await judge([{ rule: 'freshness', column: 'at', maxAgeSeconds: 86_400 }], typed)).passed).toBe(
      true,
    );
    const late = await judge([{ rule: 'freshness', column: 'at', maxAgeSeconds: 86_399 }], typed);
    expect(late.rules[0]?.note).toContain('86400 s old');
  });

  test('a broken rule fails the stage with the report, unless its share is allowed or it only warns', async () => {
    const rule = { rule: 'not_null', column: 'price' };
    const run = (more: JsonObject) =>
      harness.run('validation', shop, { config: { rules: [{ ...rule, ...more }] } });
    const failure = await failureOf(run({}));
    expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', errorClass: 'invalid-input' });
    expect(failure.details?.report).toMatchObject({ passed: false, errors: 1 });
    expect((await run({ threshold: 0.25 })).report).toMatchObject({ passed: true, errors: 0 });
    expect((await run({ severity: 'warning' })).report).toMatchObject({ passed: true, warnings: 1 });
  });

  test('without rules there must be rows and values', async () => {
    const empty = await failureOf(
      harness.run('validation', { rows: [], columns: [{ name: 'a', type: 'BIGINT' }], rowCount: 0 }),
    );
    expect(empty.message).toContain('has rows');
    const nulls = await failureOf(harness.run('validation', [{ a: null, b: 1 }]));
    expect(nulls.message).toContain('no column is empty throughout');
  });

  test('a pattern that would take a backtracking engine for ever is answered', async () => {
    const rows = [{ text: `${'a'.repeat(50_000)}!` }];
    expect((await judge([{ rule: 'regex', column: 'text', pattern: '(a+)+' }], rows)).rules[0]?.failing).toBe(
      1,
    );
  });

  test('a pattern that is none fails with the rule that holds it', async () => {
    const failure = await failureOf(judge([{ rule: 'regex', column: 'city', pattern: '(' }]));
    expect(failure).toMatchObject({ errorClass: 'invalid-input' });
    expect(failure.message).toContain('Rule 1 (regex)');
  });
});
