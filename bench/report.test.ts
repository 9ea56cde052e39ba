import { describe, expect, it } from 'vitest';
import type { Result } from './report.ts';
import { format, mergeRecords, mergeResults, renderBenchTables, toJsonLine } from './report.ts';

const hop: Result = {
  bench: 'hop',
  subject: 'an-engine',
  setting: 'two workers',
  metric: 'hop p50',
  unit: 'ms',
  values: [0.50049, 0.4, 0.9],
};

describe('toJsonLine', () => {
  it('writes the fields that readers of the file count on, and no others', () => {
    expect(JSON.parse(toJsonLine(hop))).toEqual({
      bench: 'hop',
      subject: 'an-engine',
      setting: 'two workers',
      metric: 'hop p50',
      unit: 'ms',
      median: 0.5,
      min: 0.4,
      max: 0.9,
      repeats: 3,
    });
  });

  it('stays one line whatever a setting contains', () => {
    expect(toJsonLine({ ...hop, setting: 'a\nb' })).not.toContain('\n');
  });
});

describe('renderBenchTables', () => {
  it('gives a bench one table with a row a subject and leaves a gap where one has no value', () => {
    const p99 = { ...hop, metric: 'hop p99', subject: 'another', values: [12.34] };
    const table = renderBenchTables([hop, p99]);
    expect(table.match(/###/g)).toHaveLength(1);
    expect(table).toMatch(/\| an-engine +\| 0\.50 \(0\.40–0\.90\) +\| – +\|/);
    expect(table).toMatch(/\| another +\| – +\| 12\.3 +\|/);
  });

  it('keeps the order of the benches, whatever the order of the results', () => {
    const table = renderBenchTables([hop, { ...hop, bench: 'chain' }]);
    expect(table.indexOf('### chain')).toBeLessThan(table.indexOf('### hop'));
  });
});

describe('the table of the soak', () => {
  const soak = (metric: string, unit: string, values: number[]): Result => ({
    ...{ bench: 'soak', subject: 'an-engine', setting: '', metric, unit, values },
  });

  it('has a row for each quantity, with both halves and the slope', () => {
    const table = renderBenchTables([
      soak('heap: first half', 'MiB', [20]),
      soak('heap: second half', 'MiB', [21]),
      soak('heap: slope', 'MiB/min', [-0.5]),
      soak('load: first half', 'stages/s', [5000]),
    ]);
    expect(table).toMatch(/\| an-engine \| heap \(MiB\) +\| 20\.0 +\| 21\.0 +\| -0\.50 +\|/);
    expect(table).toMatch(/\| an-engine \| load \(stages\/s\) +\| 5,000 +\| – +\| – +\|/);
  });
});

describe('rounds', () => {
  it('become one row with the repeats of all', () => {
    const merged = mergeResults([hop, { ...hop, subject: 'another' }, { ...hop, values: [2] }]);
    expect(merged.map(({ subject, values }) => [subject, values.length])).toEqual([
      ['an-engine', 4],
      ['another', 3],
    ]);
  });

  it('keep every probe, and an error of any of them', () => {
    const probe = { busyCores: 0, spinMs: 100, flushesPerSecond: 1000 };
    const definition = {
      ...{ name: 'an-engine', setting: '', durability: '', services: [], packages: [] },
      create: () => Promise.reject(new Error('not made here')),
    };
    const good = { definition, probes: [probe, probe], rawCosts: [], versions: '' };
    const [merged, ...more] = mergeRecords([good, { ...good, error: 'it broke' }]);
    expect(merged).toMatchObject({ probes: [probe, probe, probe, probe], error: 'it broke' });
    expect(more).toEqual([]);
  });
});

describe('format', () => {
  it('keeps about three digits', () => {
    expect([26_509.4, 126.4, 12.34, 0.321].map(format)).toEqual(['26,509', '126', '12.3', '0.32']);
  });
});
