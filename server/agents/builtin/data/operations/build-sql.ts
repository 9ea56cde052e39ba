import type { Column } from '../engine/database.ts';
import { invalidInput } from '../engine/failures.ts';
import { freshName, quoteList, quoteName, quoteScalar, quoteText } from '../engine/quote.ts';
import type { Condition, Measure, SortKey } from '../schemas.ts';
import { findColumn, requireNumeric } from './columns.ts';

const COMPARISONS = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

function textOf(condition: Condition, where: string): string {
  if (typeof condition.value !== 'string') {
    throw invalidInput('CONFIG_INVALID', `${where}: "${condition.op}" needs a text as its value.`);
  }
  return quoteText(condition.value);
}

function scalarOf(condition: Condition, where: string): string {
  const { value } = condition;
  if (value === undefined || value === null || Array.isArray(value)) {
    throw invalidInput(
      'CONFIG_INVALID',
      `${where}: "${condition.op}" needs one value; for none there are is_null and not_null.`,
    );
  }
  return quoteScalar(value);
}

/** A condition as SQL. As everywhere in SQL, a missing value satisfies none but is_null. */
export function conditionSql(condition: Condition, columns: readonly Column[], where: string): string {
  const column = findColumn(columns, condition.column, where);
  const name = quoteName(column.name);
  const text = `CAST(${name} AS VARCHAR)`;
  switch (condition.op) {
    case 'is_null':
      return `${name} IS NULL`;
    case 'not_null':
      return `${name} IS NOT NULL`;
    case 'in':
    case 'not_in': {
      const values = Array.isArray(condition.value) ? condition.value : [];
      if (values.length === 0 || values.includes(null)) {
        throw invalidInput(
          'CONFIG_INVALID',
          `${where}: "${condition.op}" needs a list of values without null.`,
        );
      }
      return `${name} ${condition.op === 'in' ? 'IN' : 'NOT IN'} ${quoteList(values)}`;
    }
    case 'contains':
      return `contains(${text}, ${textOf(condition, where)})`;
    case 'starts_with':
      return `starts_with(${text}, ${textOf(condition, where)})`;
    case 'ends_with':
      return `ends_with(${text}, ${textOf(condition, where)})`;
    case 'matches':
      return `regexp_matches(${text}, ${textOf(condition, where)})`;
    default:
      return `${name} ${COMPARISONS[condition.op]} ${scalarOf(condition, where)}`;
  }
}

export function orderSql(keys: readonly SortKey[], columns: readonly Column[], where: string): string {
  return keys
    .map((key) => {
      const name = quoteName(findColumn(columns, key.column, where).name);
      return `${name} ${key.direction.toUpperCase()} NULLS ${key.nulls.toUpperCase()}`;
    })
    .join(', ');
}

/** The rows with their place as a further column, for every operation that has to keep or refer to the order. */
export function numberedSql(table: string, columns: readonly Column[]): { sql: string; place: string } {
  const place = quoteName(
    freshName(
      'row_place',
      columns.map((column) => column.name),
    ),
  );
  return { sql: `(SELECT *, row_number() OVER () AS ${place} FROM ${table})`, place };
}

const NUMERIC_MEASURES = new Set(['sum', 'mean', 'median', 'stddev']);

function measureCall(measure: Measure, name: string, place: string): string {
  switch (measure.fn) {
    case 'count':
      return `count(${name})`;
    case 'count_distinct':
      return `count(DISTINCT ${name})`;
    case 'mean':
      return `avg(${name})`;
    case 'stddev':
      return `stddev_samp(${name})`;
    case 'first':
      return `first(${name} ORDER BY ${place})`;
    case 'last':
      return `last(${name} ORDER BY ${place})`;
    default:
      return `${measure.fn}(${name})`;
  }
}

export function measureName(measure: Measure): string {
  return measure.as ?? (measure.column === undefined ? 'count' : `${measure.fn}_${measure.column}`);
}

export function measureSql(
  measure: Measure,
  about: { columns: readonly Column[]; place: string; where: string },
): string {
  if (measure.column === undefined) {
    if (measure.fn === 'count') return 'count(*)';
    throw invalidInput('CONFIG_INVALID', `${about.where}: "${measure.fn}" needs a column.`);
  }
  const column = findColumn(about.columns, measure.column, about.where);
  if (NUMERIC_MEASURES.has(measure.fn)) requireNumeric(column, about.where);
  return measureCall(measure, quoteName(column.name), about.place);
}

export function aggregateSql(
  step: { groupBy: readonly string[]; measures: readonly Measure[] },
  about: { table: string; columns: readonly Column[]; where: string },
): string {
  const { columns, where } = about;
  const { sql, place } = numberedSql(about.table, columns);
  const keys = step.groupBy.map((name) => quoteName(findColumn(columns, name, where).name));
  const measures = step.measures.map(
    (measure) => `${measureSql(measure, { columns, place, where })} AS ${quoteName(measureName(measure))}`,
  );
  const grouping =
    keys.length === 0
      ? ''
      : ` GROUP BY ${keys.join(', ')} ORDER BY ${keys.map((k) => `${k} NULLS LAST`).join(', ')}`;
  return `SELECT ${[...keys, ...measures].join(', ')} FROM ${sql}${grouping}`;
}
