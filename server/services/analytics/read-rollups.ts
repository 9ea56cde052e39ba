import { type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '#db/tenant.ts';
import { addTo, type Histogram, merge } from '#server/domain/analytics/histogram.ts';
import { type Entry, emptyEntry, type Shape } from '#server/domain/analytics/ledger.ts';
import {
  LEVELS,
  type Sealed,
  SLICE_MS,
  type Span,
  type Stretch,
  spansOf,
} from '#server/domain/analytics/levels.ts';

export interface RollupQuery<S extends Shape, By extends string> {
  shape: S;
  where: SQL;
  sealed: Sealed;
  /** One after the other without a gap. */
  stretches: readonly Stretch[];
  /** Columns to count apart. */
  by: readonly By[];
}

export interface Sum<S extends Shape, By extends string> {
  /** Which of the stretches. */
  place: number;
  /** Ids are bare. */
  of: Record<By, string | null>;
  counts: Entry<S>['counts'];
  histograms: Entry<S>['histograms'];
}

type Row = Record<string, string | number | null>;

/** What was counted in each of the stretches, by what was asked for. Stretches in which nothing was have no sum. */
export async function readRollups<S extends Shape, By extends string>(
  tx: TenantTransaction,
  query: RollupQuery<S, By>,
): Promise<Sum<S, By>[]> {
  const { shape, by } = query;
  const sums = new Map<string, Sum<S, By>>();
  const sumOf = (row: Row): Sum<S, By> => {
    const of = Object.fromEntries(by.map((name) => [name, row[name] ?? null])) as Record<By, string | null>;
    const key = JSON.stringify([row.place, ...Object.values(of)]);
    const sum = sums.get(key) ?? { place: Number(row.place), of, ...countsOf(shape) };
    sums.set(key, sum);
    return sum;
  };
  const counted = sql.join(
    shape.counts.map((name) => sql`sum(${sql.raw(name)})::float8 AS ${sql.raw(name)}`),
    sql`, `,
  );
  for (const row of await tx.execute<Row>(select(query, { what: counted }))) {
    const { counts } = sumOf(row);
    for (const name of shape.counts as readonly S['counts'][number][]) counts[name] = Number(row[name]);
  }
  for (const name of shape.histograms as readonly S['histograms'][number][]) {
    const cells = sql`CROSS JOIN LATERAL unnest(${sql.raw(name)}, ${sql.raw(`${name}_n`)}) AS cell (bucket, n)`;
    const what = sql`bucket, sum(n)::float8 AS n`;
    for (const row of await tx.execute<Row>(select(query, { what, cells, groups: sql`, bucket` })))
      addTo(sumOf(row).histograms[name], Number(row.bucket), Number(row.n));
  }
  return [...sums.values()];
}

/** Up to so many rows are added up here in a fraction of the time that Postgres takes to group their cells. */
const MAX_ROWS_HERE = 4_000;

/** What was counted in each of the stretches, all together. */
export async function readTotals<S extends Shape>(
  tx: TenantTransaction,
  { shape, sealed, stretches }: Pick<RollupQuery<S, never>, 'shape' | 'sealed' | 'stretches'>,
): Promise<Sum<S, never>[]> {
  const where = sql`true`;
  const rows = spansIn(stretches, sealed).reduce((sum, span) => sum + rowsOf(span), 0);
  if (rows > MAX_ROWS_HERE) return readRollups(tx, { shape, where, sealed, stretches, by: [] });
  const histograms = shape.histograms.flatMap((name) => [name, `${name}_n`]).map((name) => `${name}::text`);
  const columns = ['place', ...shape.counts.map((name) => `${name}::float8`), ...histograms];
  const sums = new Map<number, Sum<S, never>>();
  for (const row of await tx.execute<Row>(
    sql`SELECT ${sql.raw(columns.join(', '))} FROM (${rowsIn(stretches, { shape, sealed, where })}) AS counted`,
  )) {
    const place = Number(row.place);
    const sum = sums.get(place) ?? { place, of: {}, ...countsOf(shape) };
    sums.set(place, sum);
    for (const name of shape.counts as readonly S['counts'][number][]) sum.counts[name] += Number(row[name]);
    for (const name of shape.histograms as readonly S['histograms'][number][])
      addCells(sum.histograms[name], String(row[name]), String(row[`${name}_n`]));
  }
  return [...sums.values()];
}

const rowsOf = ({ level, from, to }: Span): number => (to - from) / (LEVELS[level]?.sizeMs ?? SLICE_MS);

/** Two arrays of whole numbers as Postgres writes them. */
function addCells(histogram: Histogram, buckets: string, counts: string): void {
  if (buckets === '{}') return;
  const times = counts.slice(1, -1).split(',');
  for (const [index, bucket] of buckets.slice(1, -1).split(',').entries())
    addTo(histogram, Number(bucket), Number(times[index]));
}

function countsOf<S extends Shape>(shape: S): Pick<Entry<S>, 'counts' | 'histograms'> {
  const { counts, histograms } = emptyEntry(shape, {} as Entry<S>['dimensions']);
  return { counts, histograms };
}

/** Each row lies in one stretch as a whole, so its place is where its beginning lies. */
function select<S extends Shape, By extends string>(
  { shape, where, sealed, stretches, by }: RollupQuery<S, By>,
  { what, cells = sql``, groups = sql`` }: { what: SQL; cells?: SQL; groups?: SQL },
): SQL {
  const names = by.length === 0 ? sql`` : sql`, ${sql.raw(by.join(', '))}`;
  const shown = by.map((name) =>
    name.endsWith('_id')
      ? sql`, replace(${sql.raw(name)}::text, '-', '') AS ${sql.raw(name)}`
      : sql`, ${sql.raw(name)}`,
  );
  return sql`SELECT place${sql.join(shown)}, ${what} FROM (${rowsIn(stretches, { shape, sealed, where })}) AS counted ${cells}
    GROUP BY place${names}${groups}`;
}

/**
 * The rows of some stretches, with the number of the stretch that each lies in. The fence (OFFSET 0) makes Postgres
 * read each span by the index, and work out the place once a row: joined freely it might read the whole table once for each.
 */
function rowsIn(
  stretches: readonly Stretch[],
  { shape, sealed, where }: { shape: Shape; sealed: Sealed; where: SQL },
): SQL {
  const spans = spansIn(stretches, sealed);
  const list = (get: (span: Span) => number) => sql`${`{${spans.map(get).join(',')}}`}::text::float8[]`;
  const edges = sql`${`{${stretches.map(({ from }) => from / 1000).join(',')}}`}::text::float8[]`;
  return sql`SELECT counted.* FROM unnest(${list(({ level }) => level)}, ${list(({ from }) => from / 1000)}, ${list(({ to }) => to / 1000)})
      AS span (depth, first, last)
    CROSS JOIN LATERAL (SELECT width_bucket(extract(epoch FROM at)::float8, ${edges}) - 1 AS place, r.*
      FROM ${sql.raw(shape.table)} r WHERE r.org_id = (SELECT current_org()) AND r.level = span.depth::smallint
      AND r.at >= to_timestamp(span.first) AND r.at < to_timestamp(span.last) AND ${where} OFFSET 0) AS counted`;
}

const spansIn = (stretches: readonly Stretch[], sealed: Sealed): Span[] =>
  joinSpans(stretches.flatMap((stretch) => spansOf(stretch, sealed)));

/** Spans of one level that follow each other are one. */
function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last?.level === span.level && last.to === span.from) last.to = span.to;
    else joined.push({ ...span });
  }
  return joined;
}

/** All of them together. */
export function total<S extends Shape>(
  shape: S,
  sums: readonly Pick<Sum<S, never>, 'counts' | 'histograms'>[],
): Pick<Entry<S>, 'counts' | 'histograms'> {
  const all = countsOf(shape);
  for (const { counts, histograms } of sums) {
    for (const name of shape.counts as readonly S['counts'][number][]) all.counts[name] += counts[name];
    for (const name of shape.histograms as readonly S['histograms'][number][])
      merge(all.histograms[name] as Histogram, histograms[name]);
  }
  return all;
}
