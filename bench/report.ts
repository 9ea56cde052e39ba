import { appendFileSync } from 'node:fs';
import type { Bench } from './benches.ts';
import { BENCH_TITLES, BENCHES } from './benches.ts';
import type { Probe } from './machine.ts';
import type { Measurement } from './plan.ts';
import type { RawCost } from './raw-cost.ts';
import { RAW_TITLES } from './raw-cost.ts';
import { SERIES_PARTS } from './series.ts';
import { summarise } from './statistics.ts';
import type { SubjectDefinition } from './subject.ts';

export interface Result extends Measurement {
  bench: Bench | 'probe' | 'raw';
  subject: string;
  setting: string;
}

export interface SubjectRecord {
  definition: SubjectDefinition;
  /** Before the subject and after it. */
  probes: Probe[];
  /** The same, in the same order. */
  rawCosts: RawCost[];
  /** Of the servers it used and of its packages. */
  versions: string;
  error?: string;
}

/** Probes and raw costs as results, so that a reader of the file sees how quiet and how fast the machine was. */
export function describeProbes(machine: string, { definition, probes, rawCosts }: SubjectRecord): Result[] {
  const common = { subject: definition.name, setting: machine };
  const probe = (metric: string, unit: string, values: number[]): Result => ({
    ...{ ...common, bench: 'probe', metric, unit, values },
  });
  const raw = [...Map.groupBy(rawCosts, ({ kind }) => kind)].map(
    ([kind, costs]): Result => ({
      ...{ ...common, bench: 'raw', metric: RAW_TITLES[kind], unit: 'ms' },
      values: costs.map(({ p50Ms }) => p50Ms),
    }),
  );
  return [
    probe(
      'cores busy with other work',
      'cores',
      probes.map(({ busyCores }) => busyCores),
    ),
    probe(
      'fixed work on one core',
      'ms',
      probes.map(({ spinMs }) => spinMs),
    ),
    probe(
      '8 KB appended and flushed',
      'flushes/s',
      probes.map(({ flushesPerSecond }) => flushesPerSecond),
    ),
    ...raw,
  ];
}

/** Rounds as one: the repeats of the same metric together, in the order in which they came. */
export function mergeResults(results: readonly Result[]): Result[] {
  const keyOf = ({ subject, bench, metric, unit }: Result) => [subject, bench, metric, unit].join('\n');
  return [...Map.groupBy(results, keyOf).values()].map((same) => ({
    ...(same[0] as Result),
    values: same.flatMap(({ values }) => values),
  }));
}

export function mergeRecords<R extends SubjectRecord>(records: readonly R[]): R[] {
  return [...Map.groupBy(records, ({ definition }) => definition.name).values()].map((same) => {
    const failed = same.find(({ error }) => error !== undefined);
    return {
      ...(failed ?? (same[0] as R)),
      probes: same.flatMap(({ probes }) => probes),
      rawCosts: same.flatMap(({ rawCosts }) => rawCosts),
    };
  });
}

/** One line of `--json`. */
export function toJsonLine(result: Omit<Result, 'bench'> & { bench: string }): string {
  const { bench, subject, setting, metric, unit, values } = result;
  const { median, min, max, repeats } = summarise(values);
  const rounded = { median: round(median), min: round(min), max: round(max) };
  return JSON.stringify({ bench, subject, setting, metric, unit, ...rounded, repeats });
}

/** Written at once, so that a pass that is cut short keeps what it measured. */
export function appendJson(file: string, results: readonly Result[]): void {
  appendFileSync(file, results.map((result) => `${toJsonLine(result)}\n`).join(''));
}

/** One table a bench: a row a subject, a column a metric, each `median (min–max)`. */
export function renderBenchTables(results: readonly Result[]): string {
  const tables = BENCHES.map((bench) => {
    const own = results.filter((result) => result.bench === bench);
    return bench === 'soak' ? renderSoakTable(own) : renderBenchTable(bench, own);
  });
  return tables.filter((table) => table !== '').join('\n\n');
}

function renderBenchTable(bench: Bench, results: readonly Result[]): string {
  if (results.length === 0) return '';
  const columns = [...new Set(results.map(({ metric, unit }) => `${metric} (${unit})`))];
  const rows = [...new Set(results.map(({ subject }) => subject))].map((subject) => {
    const cells = columns.map((column) => {
      const result = results.find(
        (one) => one.subject === subject && `${one.metric} (${one.unit})` === column,
      );
      return result ? formatValues(result.values) : '–';
    });
    return [subject, ...cells];
  });
  return `### ${BENCH_TITLES[bench]}\n\n${renderTable(['subject', ...columns], rows)}`;
}

/** A row for each quantity of a subject: what it was in both halves, and how it moved. */
function renderSoakTable(results: readonly Result[]): string {
  if (results.length === 0) return '';
  const nameOf = ({ metric }: Result) => metric.slice(0, metric.lastIndexOf(': '));
  const groups = Map.groupBy(results, (result) => [result.subject, nameOf(result)].join('\n'));
  const rows = [...groups.values()].map((group) => {
    const [first] = group as [Result];
    const cells = SERIES_PARTS.map((part) => {
      const result = group.find(({ metric }) => metric.endsWith(`: ${part}`));
      return result ? formatValues(result.values) : '–';
    });
    return [first.subject, `${nameOf(first)} (${first.unit})`, ...cells];
  });
  const header = ['subject', 'quantity', 'first half', 'second half', 'slope a minute'];
  return `### ${BENCH_TITLES.soak}\n\n${renderTable(header, rows)}`;
}

export function renderSubjects(records: readonly SubjectRecord[]): string {
  const rows = records.map(({ definition, probes, versions, error }) => [
    definition.name,
    definition.setting,
    definition.durability,
    versions,
    [
      formatRange(probes.map(({ busyCores }) => busyCores)),
      formatRange(probes.map(({ spinMs }) => spinMs)),
      formatRange(probes.map(({ flushesPerSecond }) => flushesPerSecond)),
    ].join(' / '),
    error?.split('\n')[0] ?? '',
  ]);
  const header = [
    'subject',
    'setting',
    'durability',
    'versions',
    'around it: busy cores / spin ms / flushes/s',
    'error',
  ];
  return `### subjects\n\n${renderTable(header, rows)}`;
}

function formatRange(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length === 0 ? '–' : `${format(low)}–${format(high)}`;
}

/** Markdown that also reads well in a terminal. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

function formatValues(values: readonly number[]): string {
  const { median, min, max, repeats } = summarise(values);
  return repeats === 1 ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
}

/** Three digits that mean something, thousands apart. */
export function format(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
