import type { Column } from '../engine/database.ts';
import { invalidInput, shown } from '../engine/failures.ts';
import { freshName, quoteName, quoteScalar } from '../engine/quote.ts';
import { duckdbType, type Step } from '../schemas.ts';
import { aggregateSql, conditionSql, measureSql, numberedSql, orderSql } from './build-sql.ts';
import { findColumn, refuseTaken } from './columns.ts';

/** What a step sees: the current table is always called `input`. */
export interface StepScope {
  columns: readonly Column[];
  /** Columns of a named upstream table, or undefined when there is none. */
  columnsOf(table: string): readonly Column[] | undefined;
  /** The checked text of the step's own SQL, if it has any. */
  checkedSql?: string | undefined;
  where: string;
}

type StepOf<Op extends Step['op']> = Extract<Step, { op: Op }>;

function names(scope: StepScope, wanted: readonly string[]): string[] {
  return wanted.map((name) => quoteName(findColumn(scope.columns, name, scope.where).name));
}

function listSql(columns: readonly Column[], expression: (column: Column) => string | null): string {
  const parts = columns.map((column) => expression(column)).filter((part) => part !== null);
  return parts.join(', ');
}

function renameSql(step: StepOf<'rename'>, scope: StepScope): string {
  const renamed = new Map(
    Object.entries(step.columns).map(([from, to]) => [findColumn(scope.columns, from, scope.where).name, to]),
  );
  const result = scope.columns.map((column) => renamed.get(column.name) ?? column.name);
  const twice = result.find(
    (name, n) => result.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < n,
  );
  if (twice !== undefined)
    throw invalidInput('COLUMN_EXISTS', `${scope.where} would make a second column ${shown(twice)}.`);
  return `SELECT ${listSql(scope.columns, (c) => `${quoteName(c.name)} AS ${quoteName(renamed.get(c.name) ?? c.name)}`)} FROM input`;
}

function castSql(step: StepOf<'cast'>, scope: StepScope): string {
  const types = new Map(
    Object.entries(step.columns).map(([name, type]) => [
      findColumn(scope.columns, name, scope.where).name,
      duckdbType(type),
    ]),
  );
  const call = step.onError === 'null' ? 'TRY_CAST' : 'CAST';
  return `SELECT ${listSql(scope.columns, (c) => {
    const name = quoteName(c.name);
    const type = types.get(c.name);
    return type ? `${call}(${name} AS ${type}) AS ${name}` : name;
  })} FROM input`;
}

export function filterSql(
  step: Pick<StepOf<'filter'>, 'where' | 'match'>,
  scope: Pick<StepScope, 'columns' | 'checkedSql' | 'where'>,
): string {
  const conditions = step.where.map((one) => `(${conditionSql(one, scope.columns, scope.where)})`);
  const joined = conditions.join(step.match === 'any' ? ' OR ' : ' AND ');
  const parts = [...(joined ? [`(${joined})`] : []), ...(scope.checkedSql ? [scope.checkedSql] : [])];
  if (parts.length === 0)
    throw invalidInput('CONFIG_INVALID', `${scope.where} has neither "where" nor "sql".`);
  return parts.join(' AND ');
}

/** A derived column replaces the one of its name in place, or comes last. */
export function deriveSql(columns: readonly Column[], column: string, expression: string): string {
  const same = columns.find((one) => one.name.toLowerCase() === column.toLowerCase());
  if (!same) return `SELECT *, ${expression} AS ${quoteName(column)} FROM input`;
  return `SELECT ${listSql(columns, (c) => (c === same ? `${expression} AS ${quoteName(c.name)}` : quoteName(c.name)))} FROM input`;
}

function dedupeSql(step: StepOf<'dedupe'>, scope: StepScope): string {
  const { sql, place } = numberedSql('input', scope.columns);
  const keys =
    step.columns.length > 0 ? names(scope, step.columns) : scope.columns.map((c) => quoteName(c.name));
  const direction = step.keep === 'first' ? 'ASC' : 'DESC';
  return `SELECT * EXCLUDE (${place}) FROM ${sql} QUALIFY row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${place} ${direction}) = 1 ORDER BY ${place}`;
}

function fillSql(step: StepOf<'fill'>, scope: StepScope): string {
  const values = new Map(
    Object.entries(step.columns).map(([name, value]) => [
      findColumn(scope.columns, name, scope.where),
      value,
    ]),
  );
  return `SELECT ${listSql(scope.columns, (c) => {
    const name = quoteName(c.name);
    const value = values.get(c);
    if (value === undefined) return name;
    return `coalesce(${name}, CAST(${quoteScalar(value)} AS ${c.type})) AS ${name}`;
  })} FROM input`;
}

function joinSql(step: StepOf<'join'>, scope: StepScope): string {
  const right = scope.columnsOf(step.with);
  if (!right)
    throw invalidInput(
      'WHICH_TABLE',
      `${scope.where} joins ${shown(step.with)}, and the stage has no such table.`,
    );
  const left = numberedSql('input', scope.columns);
  const other = numberedSql(quoteName(step.with), right);
  const on = step.on
    .map(({ left: l, right: r }) => {
      const a = quoteName(findColumn(scope.columns, l, scope.where).name);
      const b = quoteName(findColumn(right, r, scope.where).name);
      return `l.${a} = r.${b}`;
    })
    .join(' AND ');
  const own = listSql(scope.columns, (c) => `l.${quoteName(c.name)}`);
  if (step.type === 'semi' || step.type === 'anti') {
    return `SELECT ${own} FROM ${left.sql} l ${step.type.toUpperCase()} JOIN ${other.sql} r ON ${on} ORDER BY l.${left.place}`;
  }
  const keys = new Set(step.on.map((pair) => findColumn(right, pair.right, scope.where).name));
  const taken = new Set(scope.columns.map((column) => column.name.toLowerCase()));
  const added = right
    .filter((column) => !keys.has(column.name))
    .map((column) => {
      let name = column.name;
      while (taken.has(name.toLowerCase())) name = `${step.with}_${name}`;
      taken.add(name.toLowerCase());
      return `r.${quoteName(column.name)} AS ${quoteName(name)}`;
    });
  return `SELECT ${[own, ...added].join(', ')} FROM ${left.sql} l ${step.type.toUpperCase()} JOIN ${other.sql} r ON ${on} ORDER BY l.${left.place}, r.${other.place}`;
}

function unpivotSql(step: StepOf<'unpivot'>, scope: StepScope): string {
  const { sql, place } = numberedSql('input', scope.columns);
  const wanted = step.columns.map((name) => findColumn(scope.columns, name, scope.where));
  const kept = scope.columns.filter((column) => !wanted.includes(column));
  refuseTaken(kept, step.nameColumn, scope.where);
  refuseTaken(kept, step.valueColumn, scope.where);
  const type = new Set(wanted.map((column) => column.type)).size === 1 ? wanted[0]?.type : 'VARCHAR';
  const taken = [...kept.map((column) => column.name), step.nameColumn, step.valueColumn];
  const order = quoteName(freshName('unpivot_place', taken));
  const part = quoteName(freshName('unpivot_part', taken));
  const parts = wanted.map((column, n) => {
    const own = kept.map((one) => quoteName(one.name));
    const named = `${quoteScalar(column.name)} AS ${quoteName(step.nameColumn)}`;
    const value = `CAST(${quoteName(column.name)} AS ${type}) AS ${quoteName(step.valueColumn)}`;
    return `SELECT ${[...own, named, value].join(', ')}, ${place} AS ${order}, ${n} AS ${part} FROM numbered`;
  });
  return `WITH numbered AS ${sql} SELECT * EXCLUDE (${order}, ${part}) FROM (${parts.join(' UNION ALL ')}) ORDER BY ${order}, ${part}`;
}

function pivotSql(step: StepOf<'pivot'>, scope: StepScope): string {
  const { sql, place } = numberedSql('input', scope.columns);
  const keys = names(scope, step.groupBy);
  const column = quoteName(findColumn(scope.columns, step.column, scope.where).name);
  const about = { columns: scope.columns, place, where: scope.where };
  const call = measureSql(step.measure, about);
  const cells = step.values.map(
    (value) => `${call} FILTER (WHERE ${column} = ${quoteScalar(value)}) AS ${quoteName(String(value))}`,
  );
  const order = keys.map((key) => `${key} NULLS LAST`).join(', ');
  return `SELECT ${[...keys, ...cells].join(', ')} FROM ${sql} GROUP BY ${keys.join(', ')} ORDER BY ${order}`;
}

/** One SELECT for one step: pure, so that what runs can be read and tested without an engine. */
export function stepSql(step: Step, scope: StepScope): string {
  switch (step.op) {
    case 'select':
      return `SELECT ${names(scope, step.columns).join(', ')} FROM input`;
    case 'drop':
      return dropSql(step, scope);
    case 'rename':
      return renameSql(step, scope);
    case 'cast':
      return castSql(step, scope);
    case 'filter':
      return `SELECT * FROM input WHERE ${filterSql(step, scope)}`;
    case 'derive':
      return deriveSql(scope.columns, step.column, scope.checkedSql ?? 'NULL');
    case 'dedupe':
      return dedupeSql(step, scope);
    case 'sort': {
      const { sql, place } = numberedSql('input', scope.columns);
      return `SELECT * EXCLUDE (${place}) FROM ${sql} ORDER BY ${orderSql(step.by, scope.columns, scope.where)}, ${place}`;
    }
    case 'limit':
      return `SELECT * FROM input LIMIT ${step.count} OFFSET ${step.offset}`;
    case 'fill':
      return fillSql(step, scope);
    case 'aggregate':
      return aggregateSql(step, { table: 'input', columns: scope.columns, where: scope.where });
    case 'join':
      return joinSql(step, scope);
    case 'unpivot':
      return unpivotSql(step, scope);
    case 'pivot':
      return pivotSql(step, scope);
    case 'sql':
      return scope.checkedSql ?? 'SELECT * FROM input';
  }
}

function dropSql(step: StepOf<'drop'>, scope: StepScope): string {
  const dropped = new Set(step.columns.map((name) => findColumn(scope.columns, name, scope.where).name));
  const kept = scope.columns.filter((column) => !dropped.has(column.name));
  if (kept.length === 0) throw invalidInput('CONFIG_INVALID', `${scope.where} would leave no column.`);
  return `SELECT ${kept.map((column) => quoteName(column.name)).join(', ')} FROM input`;
}
