import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Column } from '../engine/database.ts';
import { type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadInputs } from '../engine/load-tables.ts';
import { quoteName } from '../engine/quote.ts';
import { jsonExpression } from '../engine/store-table.ts';
import type { ConfigOf } from '../schemas.ts';
import { findColumn, isNumeric, isTemporal } from './columns.ts';

type Config = ConfigOf<'analysis'>;

const QUANTILES = { p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95 } as const;
const MAX_VALUE_CHARS = 200;

function numberOrNull(value: Json | undefined): number | null {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Numbers without what cannot be counted with: NaN and infinities are counted apart. */
function finiteSql(column: Column): string {
  const name = `CAST(${quoteName(column.name)} AS DOUBLE)`;
  return `CASE WHEN isfinite(${name}) THEN ${name} END`;
}

async function profileBasics(context: JobContext, column: Column, estimate: boolean): Promise<JsonObject> {
  const name = quoteName(column.name);
  const comparable = /^(JSON|BLOB)$|[\])]$/.test(column.type) && !column.type.startsWith('DECIMAL');
  const value = comparable ? `CAST(${name} AS VARCHAR)` : name;
  const distinct = estimate ? `approx_count_distinct(${value})` : `count(DISTINCT ${value})`;
  const [count, nulls, different] = await context.database.row(
    `SELECT count(*), count(*) - count(${name}), ${distinct} FROM ${MAIN_TABLE}`,
  );
  const rows = Number(count);
  return {
    name: column.name,
    type: column.type,
    count: rows - Number(nulls),
    nulls: Number(nulls),
    nullShare: rows === 0 ? 0 : Number(nulls) / rows,
    distinct: Number(different),
    distinctIsEstimate: estimate,
  };
}

async function spread(context: JobContext, x: string): Promise<JsonObject> {
  const read = async (call: string): Promise<number | null> => {
    try {
      const [value] = await context.database.row(`SELECT ${call} FROM (SELECT ${x} AS x FROM ${MAIN_TABLE})`);
      return numberOrNull(value);
    } catch {
      // The sum of squares of very large numbers is out of range: then there is none.
      return null;
    }
  };
  return { mean: await read('avg(x)'), stddev: await read('stddev_samp(x)') };
}

async function histogram(
  context: JobContext,
  x: string,
  range: { min: number; max: number; bins: number },
): Promise<Json[]> {
  const { min, max } = range;
  const width = max / range.bins - min / range.bins;
  if (!(width > 0) || !Number.isFinite(width)) {
    const [count] = await context.database.row(`SELECT count(${x}) FROM ${MAIN_TABLE}`);
    return [{ from: min, to: max, count: Number(count) }];
  }
  // Halved first: the distance between two large numbers can be more than a double holds.
  const distance = `(x / 2 - CAST('${min / 2}' AS DOUBLE)) / CAST('${width / 2}' AS DOUBLE)`;
  const bin = `CAST(greatest(0, least(${range.bins - 1}, floor(${distance}))) AS INTEGER)`;
  const rows = await context.database.rows(
    `SELECT ${bin} AS bin, count(*) FROM (SELECT ${x} AS x FROM ${MAIN_TABLE}) WHERE x IS NOT NULL GROUP BY bin ORDER BY bin`,
  );
  const counts = new Map(rows.map(([n, count]) => [Number(n), Number(count)]));
  return Array.from({ length: range.bins }, (_, n) => ({
    from: min + n * width,
    to: n === range.bins - 1 ? max : min + (n + 1) * width,
    count: counts.get(n) ?? 0,
  }));
}

async function profileNumbers(context: JobContext, column: Column, bins: number): Promise<JsonObject> {
  const x = finiteSql(column);
  const list = Object.values(QUANTILES).join(', ');
  const [low, high, quantiles, finite, all] = await context.database.row(
    `SELECT min(x), max(x), quantile_cont(x, [${list}]), count(x), count(y) FROM (SELECT ${x} AS x, ${quoteName(column.name)} AS y FROM ${MAIN_TABLE})`,
  );
  const min = numberOrNull(low);
  const max = numberOrNull(high);
  const values = Array.isArray(quantiles) ? quantiles : [];
  const named = Object.keys(QUANTILES).map((name, n) => [name, numberOrNull(values[n])] as const);
  return {
    min,
    max,
    nonFinite: Number(all) - Number(finite),
    ...(await spread(context, x)),
    quantiles: Object.fromEntries(named),
    histogram: min === null || max === null ? [] : await histogram(context, x, { min, max, bins }),
  };
}

async function profileRange(context: JobContext, column: Column): Promise<JsonObject> {
  const name = quoteName(column.name);
  const [min, max] = await context.database.row(
    `SELECT ${jsonExpression({ name: 'low', type: column.type })}, ${jsonExpression({ name: 'high', type: column.type })} FROM (SELECT min(${name}) AS low, max(${name}) AS high FROM ${MAIN_TABLE})`,
  );
  return { min: min ?? null, max: max ?? null };
}

async function profileTexts(context: JobContext, column: Column, topK: number): Promise<JsonObject> {
  const text = jsonExpression(column);
  const rows = await context.database.rows(
    `SELECT left(v, ${MAX_VALUE_CHARS}) AS value, count(*) AS n FROM (SELECT CAST(${text} AS VARCHAR) AS v FROM ${MAIN_TABLE}) WHERE v IS NOT NULL GROUP BY v ORDER BY n DESC, v LIMIT ${topK}`,
  );
  const [shortest, longest, empty] = await context.database.row(
    `SELECT min(length(v)), max(length(v)), count(*) FILTER (WHERE trim(v) = '') FROM (SELECT CAST(${text} AS VARCHAR) AS v FROM ${MAIN_TABLE})`,
  );
  return {
    minLength: numberOrNull(shortest),
    maxLength: numberOrNull(longest),
    blank: Number(empty),
    top: rows.map(([value, count]) => ({ value: value ?? null, count: Number(count) })),
  };
}

async function profileColumn(
  context: JobContext,
  column: Column,
  about: { config: Config; rows: number },
): Promise<JsonObject> {
  const basics = await profileBasics(context, column, about.rows > about.config.exactDistinctUpTo);
  if (isNumeric(column)) return { ...basics, ...(await profileNumbers(context, column, about.config.bins)) };
  if (isTemporal(column)) return { ...basics, ...(await profileRange(context, column)) };
  return { ...basics, ...(await profileTexts(context, column, about.config.topK)) };
}

async function correlations(context: JobContext, columns: readonly Column[], most: number): Promise<Json[]> {
  const numeric = columns.filter(isNumeric).slice(0, most);
  const found: Json[] = [];
  for (const [n, a] of numeric.entries()) {
    for (const b of numeric.slice(n + 1)) {
      const value = await context.database
        .row(`SELECT corr(${finiteSql(a)}, ${finiteSql(b)}) FROM ${MAIN_TABLE}`)
        // Out of range, as above: no number rather than no profile.
        .catch(() => [null]);
      found.push({ a: a.name, b: b.name, correlation: numberOrNull(value[0]) });
    }
  }
  return found;
}

/** Describes each column and the table as a whole, and passes the table on. */
export async function analyse(context: JobContext, config: Config): Promise<OperationResult> {
  const columns = await loadInputs(context, config.from);
  const wanted = config.columns?.map((name) => findColumn(columns, name, '"columns"')) ?? columns;
  const chosen = wanted.slice(0, config.maxColumns);
  if (chosen.length < wanted.length) {
    context.log(
      'warn',
      `Only the first ${chosen.length} of ${wanted.length} columns are profiled; "maxColumns" says how many.`,
    );
  }
  const [count, distinct] = await context.database.row(
    `SELECT (SELECT count(*) FROM ${MAIN_TABLE}), (SELECT count(*) FROM (SELECT DISTINCT * FROM ${MAIN_TABLE}))`,
  );
  const rows = Number(count);
  const profiles: Json[] = [];
  for (const [n, column] of chosen.entries()) {
    profiles.push(await profileColumn(context, column, { config, rows }));
    context.progress(0.2 + 0.6 * ((n + 1) / chosen.length), `profiled ${n + 1} of ${chosen.length} columns`);
  }
  const profile = {
    rowCount: rows,
    columnCount: columns.length,
    duplicateRows: rows - Number(distinct),
    columns: profiles,
    correlations: await correlations(context, chosen, config.maxCorrelationColumns),
  };
  return { body: { profile }, table: MAIN_TABLE, tablePlace: 'field' };
}
