/** Ours beside the peers, and every engine beside what the same servers cost without one. */
import type { Bench } from './benches.ts';
import type { Result, SubjectRecord } from './report.ts';
import { format, renderTable } from './report.ts';
import { summarise } from './statistics.ts';
import type { ServiceNeed } from './subject.ts';

interface Headline {
  bench: Bench;
  metric: string;
  title: string;
  better: 'higher' | 'lower';
  /** Differs with how busy the machine is. */
  isTimed: boolean;
}

export const HEADLINES: readonly Headline[] = [
  { bench: 'chain', metric: 'throughput', title: 'throughput', better: 'higher', isTimed: true },
  { bench: 'hop', metric: 'hop p50', title: 'hop p50', better: 'lower', isTimed: true },
  { bench: 'hop', metric: 'hop p99', title: 'hop p99', better: 'lower', isTimed: true },
  { bench: 'start', metric: 'start p50', title: 'start p50', better: 'lower', isTimed: true },
  { bench: 'rested', metric: 'hop p50', title: 'hop, rested', better: 'lower', isTimed: true },
  { bench: 'rested', metric: 'start p50', title: 'start, rested', better: 'lower', isTimed: true },
  { bench: 'fanout', metric: 'whole run', title: 'fan-out', better: 'lower', isTimed: true },
  { bench: 'startup', metric: 'later', title: 'start-up', better: 'lower', isTimed: true },
  { bench: 'memory', metric: 'all', title: 'memory', better: 'lower', isTimed: false },
];

export interface Compared extends SubjectRecord {
  isPeer: boolean;
}

export interface Ratio {
  median: number;
  low: number;
  high: number;
}

/** Of the medians; the range is what the repeats allow at most. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const [a, b] = [summarise(ours), summarise(theirs)];
  return { median: a.median / b.median, low: a.min / b.max, high: a.max / b.min };
}

/** How many times longer the same fixed work, or the same commit, took at the worst moment than at the best. */
export function noiseOf(records: readonly SubjectRecord[]): number {
  const spins = records.flatMap(({ probes }) => probes.map(({ spinMs }) => spinMs));
  const commits = records.flatMap(({ rawCosts }) =>
    rawCosts.filter(({ kind }) => kind === 'postgres').map(({ p50Ms }) => p50Ms),
  );
  const spread = (values: number[]) => (values.length === 0 ? 1 : Math.max(...values) / Math.min(...values));
  return Math.max(spread(spins), spread(commits));
}

/** `+` better, `-` worse; `~` when the repeats overlap or the difference is within the machine's noise. */
export function markOf({ median, low, high }: Ratio, better: Headline['better'], noise: number): string {
  const isClear = low > 1 || high < 1;
  if (!isClear || Math.max(median, 1 / median) <= noise) return '~';
  return median > 1 === (better === 'higher') ? '+' : '-';
}

type Values = (subject: string, headline: Headline) => readonly number[] | undefined;

function readerOf(results: readonly Result[]): Values {
  const keyOf = (subject: string, bench: string, metric: string) => [subject, bench, metric].join('\n');
  const values = new Map(
    results.map((one) => [keyOf(one.subject, one.bench, one.metric), one.values] as const),
  );
  return (subject, { bench, metric }) => values.get(keyOf(subject, bench, metric));
}

interface Pair {
  one: Compared;
  other: Compared;
}

function renderRatio(valuesOf: Values, { one, other }: Pair, headline: Headline): string {
  const ours = valuesOf(one.definition.name, headline);
  const theirs = valuesOf(other.definition.name, headline);
  if (!ours || !theirs) return '–';
  const ratio = ratioOf(ours, theirs);
  const mark = markOf(ratio, headline.better, headline.isTimed ? noiseOf([one, other]) : 1);
  const repeats = Math.min(ours.length, theirs.length);
  const range = repeats > 1 ? ` (${format(ratio.low)}–${format(ratio.high)})` : '';
  return `${format(ratio.median)} ${mark}${range}`;
}

const LEGEND =
  'Below 1 is less; for throughput more is better, for all else less. + ours is better, - worse, ~ the repeats overlap, or the same work and the same commit, without an engine, differed as much around the two.';

/** Empty when the pass had nothing to compare. */
export function renderComparison(results: readonly Result[], compared: readonly Compared[]): string {
  const valuesOf = readerOf(results);
  const own = compared.filter(({ isPeer }) => !isPeer);
  const peers = compared.filter(({ isPeer }) => isPeer);
  const measured = HEADLINES.filter(({ bench }) => results.some((result) => result.bench === bench));
  const rows = measured.flatMap((headline) =>
    own.map((one) => [
      headline.title,
      one.definition.name,
      ...peers.map((other) => renderRatio(valuesOf, { one, other }, headline)),
    ]),
  );
  const variants = own.flatMap((one): Pair[] => {
    const other = own.find(({ definition }) => definition.name === one.definition.variantOf);
    return other ? [{ one, other }] : [];
  });
  const variantRows = variants.map((pair) => [
    `${pair.one.definition.name} / ${pair.other.definition.name}`,
    ...measured.map((headline) => renderRatio(valuesOf, pair, headline)),
  ]);
  const peerTable = renderTable(
    ['metric', 'ours', ...peers.map(({ definition }) => `/ ${definition.name}`)],
    rows,
  );
  const variantTable = renderTable(['variant', ...measured.map(({ title }) => title)], variantRows);
  return [
    ...(rows.length > 0 && peers.length > 0 ? [`### ours / peer\n\n${LEGEND}\n\n${peerTable}`] : []),
    ...(variantRows.length > 0 && measured.length > 0 ? [`### ours / ours\n\n${variantTable}`] : []),
  ].join('\n\n');
}

/** What a stage cannot cost less than: its commit, and with a broker the way out and the way back. */
export function floorMsOf({ rawCosts }: SubjectRecord): number | undefined {
  const medianOf = (kind: ServiceNeed['kind']) => {
    const values = rawCosts.filter((cost) => cost.kind === kind).map(({ p50Ms }) => p50Ms);
    return values.length === 0 ? undefined : summarise(values).median;
  };
  const commitMs = medianOf('postgres');
  if (commitMs === undefined) return medianOf('redis');
  return commitMs + 2 * (medianOf('rabbitmq') ?? 0);
}

const FLOOR_TITLE = '### raw cost: the same servers without an engine, before and after it';
const FLOOR_LEGEND =
  'The floor of a stage is one commit, with RabbitMQ also two deliveries, without Postgres one write to Redis. Results as multiples of it can be compared between machines; throughput is stages in the time of one floor.';

export function renderRawCosts(results: readonly Result[], compared: readonly Compared[]): string {
  const valuesOf = readerOf(results);
  const measured = HEADLINES.filter(
    ({ bench, isTimed }) =>
      isTimed && bench !== 'startup' && results.some((result) => result.bench === bench),
  );
  const rows = compared.flatMap((one) => {
    const floorMs = floorMsOf(one);
    if (floorMs === undefined) return [];
    const multiples = measured.map((headline) => {
      const values = valuesOf(one.definition.name, headline);
      if (!values) return '–';
      const { median } = summarise(values);
      return format(headline.better === 'higher' ? (median * floorMs) / 1000 : median / floorMs);
    });
    const costs = (['postgres', 'rabbitmq', 'redis'] as const).map((kind) => {
      const values = one.rawCosts.filter((cost) => cost.kind === kind).map(({ p50Ms }) => p50Ms);
      return values.length === 0 ? '–' : values.map(format).join(' → ');
    });
    return [[one.definition.name, ...costs, format(floorMs), ...multiples]];
  });
  if (rows.length === 0) return '';
  const header = [
    ...['subject', 'one-row commit p50 (ms)', 'publish to delivery p50 (ms)', 'Redis write p50 (ms)'],
    ...['floor (ms)', ...measured.map(({ title }) => `${title} / floor`)],
  ];
  return `${FLOOR_TITLE}\n\n${FLOOR_LEGEND}\n\n${renderTable(header, rows)}`;
}

export function renderNoise(records: readonly SubjectRecord[]): string {
  return `Without an engine, the same work or the same commit took up to ${format(noiseOf(records))} times as long at one moment of this pass as at another.`;
}
