import type { Histogram } from '#server/domain/analytics/histogram.ts';
import {
  createLedger,
  type Entry,
  emptyEntry,
  type Ledger,
  type Shape,
} from '#server/domain/analytics/ledger.ts';
import type { Sealed } from '#server/domain/analytics/levels.ts';
import type { Sql } from '../client.ts';
import { type Column, Parameters, readColumn } from '../columns.ts';
import type { Slice } from './analytics-source.ts';

/** One row of each table of counts: a slice, an hour or a day of a tenant. */
export interface RollupPlace extends Slice {
  level: number;
}

const LOCK = 0x5167_6e64;

/** Work under a lock that ends with its transaction, so that one process counts at a time. Null: another is at it. */
export async function whileCounting<Result>(
  sql: Sql,
  work: (tx: Sql) => Promise<Result>,
): Promise<Result | null> {
  const result = await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [row] = await tx<{ got: boolean }[]>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS got`;
    return row?.got ? { value: await work(tx) } : null;
  });
  return result === null ? null : (result as { value: Result }).value;
}

export interface Progress extends Sealed {
  countedUntil: number | null;
  now: number;
}

export async function readProgress(sql: Sql): Promise<Progress> {
  const [row] = await sql<[Progress]>`
    SELECT extract(epoch FROM counted_until)::float8 * 1000 AS "countedUntil",
      extract(epoch FROM hours_until)::float8 * 1000 AS "hoursUntil",
      extract(epoch FROM days_until)::float8 * 1000 AS "daysUntil",
      extract(epoch FROM clock_timestamp())::float8 * 1000 AS now
    FROM analytics_progress`;
  return row;
}

/** None of the three ever goes back. */
export async function advance(sql: Sql, to: { countedUntil?: number } & Partial<Sealed>): Promise<void> {
  const { countedUntil = null, hoursUntil = null, daysUntil = null } = to;
  await sql`UPDATE analytics_progress SET
    counted_until = greatest(counted_until, to_timestamp(${countedUntil}::float8 / 1000)),
    hours_until = greatest(hours_until, to_timestamp(${hoursUntil}::float8 / 1000)),
    days_until = greatest(days_until, to_timestamp(${daysUntil}::float8 / 1000))`;
}

/** Beginnings of stretches of one size in which a tenant has slices. */
export function listCounted(
  sql: Sql,
  { sizeMs, from, until }: { sizeMs: number; from: number | null; until: number },
): Promise<Slice[]> {
  return sql<Slice[]>`
    SELECT DISTINCT replace(org_id::text, '-', '') AS "orgId",
      extract(epoch FROM date_bin(make_interval(secs => ${sizeMs / 1000}::float8), at, 'epoch'))::float8 * 1000 AS at
    FROM analytics_slices WHERE at < to_timestamp(${until / 1000}::float8)
      AND at >= coalesce(to_timestamp(${from}::float8 / 1000), '-infinity') ORDER BY at`;
}

export async function noteCounted(
  sql: Sql,
  orgId: string,
  counted: ReadonlyMap<number, { runs: number }>,
): Promise<void> {
  const [ats, runs] = [[...counted.keys()], [...counted.values()].map((slice) => slice.runs)];
  await sql`INSERT INTO analytics_slices (org_id, at, runs)
    SELECT ${orgId}::text::uuid, to_timestamp(n.at), n.runs
    FROM unnest(${`{${ats.map((at) => at / 1000).join(',')}}`}::text::float8[], ${`{${runs.join(',')}}`}::text::int[]) AS n (at, runs)
    ON CONFLICT (org_id, at) DO UPDATE SET runs = excluded.runs`;
}

/** Puts what was counted of some stretches of one level in place of what stood there. */
export async function replaceRollups<S extends Shape>(
  sql: Sql,
  shape: S,
  {
    orgId,
    level,
    ledgers,
  }: Pick<RollupPlace, 'orgId' | 'level'> & { ledgers: ReadonlyMap<number, Ledger<S>> },
): Promise<void> {
  const ats = `{${[...ledgers.keys()].map((at) => at / 1000).join(',')}}`;
  await sql.unsafe(
    `DELETE FROM ${shape.table} WHERE org_id = $1::text::uuid AND level = $2::text::smallint
       AND at = ANY (SELECT to_timestamp(unnest($3::text::float8[])))`,
    [orgId, String(level), ats],
  );
  const rows = [...ledgers].flatMap(([at, ledger]) => ledger.entries().map((entry) => ({ ...entry, at })));
  const columns = columnsOf(shape);
  const names = columns.map(({ name }) => name).join(', ');
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    const parameters = new Parameters();
    const key = `${parameters.add(orgId)}::text::uuid, ${parameters.add(String(level))}::text::smallint`;
    const source = parameters.rows('n', columns, rows.slice(first, first + ROWS_AT_ONCE));
    await sql.unsafe(
      `INSERT INTO ${shape.table} (org_id, level, ${names})
       SELECT ${key}, ${columns.map((column) => written(shape, column)).join(', ')} FROM ${source}`,
      parameters.values,
    );
  }
}

const ROWS_AT_ONCE = 2_000;

type Names<S extends Shape, Part extends 'dimensions' | 'counts' | 'histograms'> = readonly S[Part][number][];

type Row<S extends Shape> = Entry<S> & { at: number };

function columnsOf<S extends Shape>(shape: S): Column<Row<S>>[] {
  const dimensions = (shape.dimensions as Names<S, 'dimensions'>).map(
    (name): Column<Row<S>> => ({
      name,
      kind: name.endsWith('_id') ? 'uuid' : 'word',
      get: (entry) => entry.dimensions[name],
    }),
  );
  const counts = (shape.counts as Names<S, 'counts'>).map(
    (name): Column<Row<S>> => ({ name, kind: 'word', get: (entry) => String(entry.counts[name]) }),
  );
  const histograms = (shape.histograms as Names<S, 'histograms'>).flatMap((name): Column<Row<S>>[] => [
    { name, kind: 'word', get: (entry) => toList(inOrder(entry.histograms[name]), 0) },
    { name: `${name}_n`, kind: 'word', get: (entry) => toList(inOrder(entry.histograms[name]), 1) },
  ]);
  return [{ name: 'at', kind: 'ms', get: ({ at }) => at }, ...dimensions, ...counts, ...histograms];
}

/** In whatever order tasks are read, the same counts are the same row. */
const inOrder = (histogram: Histogram): [number, number][] => [...histogram].sort(([a], [b]) => a - b);

const toList = (cells: readonly [number, number][], at: 0 | 1): string =>
  `{${cells.map((cell) => cell[at]).join(',')}}`;

function written<S extends Shape>(shape: S, column: Column<Row<S>>): string {
  const value = readColumn('n', column);
  if (shape.counts.includes(column.name)) return `${value}::bigint`;
  if (shape.histograms.includes(column.name)) return `${value}::smallint[]`;
  if (shape.histograms.some((name) => column.name === `${name}_n`)) return `${value}::int[]`;
  return value;
}

/** The sum of the rows of one level in a stretch of time. */
export async function sumRollups<S extends Shape>(
  sql: Sql,
  shape: S,
  { orgId, level, at, until }: RollupPlace & { until: number },
): Promise<Ledger<S>> {
  const columns = [
    ...shape.dimensions.map((name) =>
      name.endsWith('_id') ? `replace(${name}::text, '-', '') AS ${name}` : name,
    ),
    ...shape.counts.map((name) => `${name}::float8 AS ${name}`),
    ...shape.histograms.flatMap((name) => [
      `array_to_json(${name}) AS ${name}`,
      `array_to_json(${name}_n) AS ${name}_n`,
    ]),
  ];
  const rows = await sql.unsafe<Record<string, unknown>[]>(
    `SELECT ${columns.join(', ')} FROM ${shape.table} WHERE org_id = $1::text::uuid AND level = $2::text::smallint
       AND at >= to_timestamp($3::text::float8) AND at < to_timestamp($4::text::float8)`,
    [orgId, String(level), String(at / 1000), String(until / 1000)],
  );
  const ledger = createLedger(shape);
  for (const row of rows) ledger.add(toEntry(shape, row));
  return ledger;
}

function toEntry<S extends Shape>(shape: S, row: Record<string, unknown>): Entry<S> {
  const dimensions = Object.fromEntries(shape.dimensions.map((name) => [name, row[name]]));
  const entry = emptyEntry(shape, dimensions as Entry<S>['dimensions']);
  for (const name of shape.counts as Names<S, 'counts'>) entry.counts[name] = row[name] as number;
  for (const name of shape.histograms as Names<S, 'histograms'>)
    fill(entry.histograms[name], row[name] as number[], row[`${name}_n`] as number[]);
  return entry;
}

function fill(histogram: Histogram, buckets: readonly number[], counts: readonly number[]): void {
  for (const [index, bucket] of buckets.entries()) histogram.set(bucket, counts[index] ?? 0);
}

export interface SeenError {
  id: string;
  class: string;
  code: string;
  message: string;
  capability: string | null;
  firstSeen: number;
  lastSeen: number;
}

const ERROR: Column<SeenError>[] = [
  { name: 'id', kind: 'word', get: (row) => row.id },
  { name: 'class', kind: 'word', get: (row) => row.class },
  { name: 'code', kind: 'word', get: (row) => row.code },
  { name: 'message', kind: 'word', get: (row) => row.message },
  { name: 'capability', kind: 'word', get: (row) => row.capability },
  { name: 'first_seen', kind: 'ms', get: (row) => row.firstSeen },
  { name: 'last_seen', kind: 'ms', get: (row) => row.lastSeen },
];

/** What people decided of a group stays; counting the same twice changes nothing. */
export async function noteErrors(sql: Sql, orgId: string, errors: readonly SeenError[]): Promise<void> {
  if (errors.length === 0) return;
  const parameters = new Parameters();
  const org = parameters.add(orgId);
  const source = parameters.rows('n', ERROR, errors);
  await sql.unsafe(
    `INSERT INTO error_groups AS g (org_id, ${ERROR.map(({ name }) => name).join(', ')})
     SELECT ${org}::text::uuid, ${ERROR.map((column) => readColumn('n', column)).join(', ')} FROM ${source}
     ON CONFLICT (org_id, id) DO UPDATE SET
       message = CASE WHEN excluded.last_seen > g.last_seen THEN excluded.message ELSE g.message END,
       capability = coalesce(g.capability, excluded.capability),
       first_seen = least(g.first_seen, excluded.first_seen), last_seen = greatest(g.last_seen, excluded.last_seen)`,
    parameters.values,
  );
}
