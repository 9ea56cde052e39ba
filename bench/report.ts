import { appendFileSync } from 'node:fs';
import type { Bench, Measurement } from './benches.ts';
import { BENCH_TITLES, BENCHES } from './benches.ts';
import type { Probe } from './machine.ts';
import { summarise } from './statistics.ts';
import type { SubjectDefinition } from './subject.ts';

export interface Result extends Measurement {
  bench: Bench | 'probe';
  subject: string;
  setting: string;
}

export interface SubjectRecord {
  definition: SubjectDefinition;
  probe?: Probe;
  /** Of the servers it used and of its packages. */
  versions: string;
  error?: string;
}

/** The probes as results, so that a reader of the file sees how quiet the machine was. */
export function describeProbes(machine: string, { definition, probe }: SubjectRecord): Result[] {
  if (!probe) return [];
  const common = { bench: 'probe' as const, subject: definition.name, setting: machine };
  return [
    { ...common, metric: 'cores busy with other work', unit: 'cores', values: [probe.busyCores] },
    { ...common, metric: 'fixed work on one core', unit: 'ms', values: [probe.spinMs] },
    { ...common, metric: '8 KB appended and flushed', unit: 'flushes/s', values: [probe.flushesPerSecond] },
  ];
}

/** One line of `--json`. */
export function toJsonLine(result: Result): string {
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
  const tables = BENCHES.map((bench) =>
    renderBenchTable(
      bench,
      results.filter((result) => result.bench === bench),
    ),
  );
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

export function renderSubjects(records: readonly SubjectRecord[]): string {
  const rows = records.map(({ definition, probe, versions, error }) => [
    definition.name,
    definition.setting,
    definition.durability,
    versions,
    probe ? `${format(probe.busyCores)} / ${format(probe.spinMs)} / ${format(probe.flushesPerSecond)}` : '–',
    error?.split('\n')[0] ?? '',
  ]);
  const header = [
    'subject',
    'setting',
    'durability',
    'versions',
    'before it: busy cores / spin ms / flushes/s',
    'error',
  ];
  return `### subjects\n\n${renderTable(header, rows)}`;
}

/** Markdown that also reads well in a terminal. */
function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
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
