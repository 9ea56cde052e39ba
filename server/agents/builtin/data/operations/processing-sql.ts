import type { Column } from '../engine/database.ts';
import { invalidInput, shown } from '../engine/failures.ts';
import { quoteName } from '../engine/quote.ts';
import type { ProcessingOperation } from '../schemas.ts';
import { aggregateSql, numberedSql, orderSql } from './build-sql.ts';
import { findColumn, isTemporal, refuseTaken, requireNumeric } from './columns.ts';
import { deriveSql, filterSql } from './step-sql.ts';

export interface ProcessingScope {
  columns: readonly Column[];
  checkedSql?: string | undefined;
  where: string;
}

type OperationOf<Op extends ProcessingOperation['op']> = Extract<ProcessingOperation, { op: Op }>;

function bucketSql(operation: OperationOf<'bucket'>, scope: ProcessingScope): string {
  const { columns, where } = scope;
  const column = findColumn(columns, operation.column, where);
  const as = operation.as ?? `${column.name}_bucket`;
  const name = quoteName(column.name);
  if ((operation.width === undefined) === (operation.every === undefined)) {
    throw invalidInput('CONFIG_INVALID', `${where} needs either "width" for numbers or "every" for times.`);
  }
  if (operation.width !== undefined) {
    requireNumeric(column, where);
    const width = `CAST('${operation.width}' AS DOUBLE)`;
    return deriveSql(columns, as, `floor(${name} / ${width}) * ${width}`);
  }
  if (!isTemporal(column)) {
    throw invalidInput(
      'WRONG_TYPE',
      `${where} needs times, and the column ${shown(column.name)} is ${column.type}. Cast it first.`,
    );
  }
  return deriveSql(columns, as, `date_trunc('${operation.every}', ${name})`);
}

function windowCall(
  operation: OperationOf<'window'>,
  scope: ProcessingScope,
): { call: string; frame: string } {
  const { fn, size } = operation;
  if (fn === 'row_number' || fn === 'rank' || fn === 'dense_rank') return { call: `${fn}()`, frame: '' };
  if (operation.column === undefined)
    throw invalidInput('CONFIG_INVALID', `${scope.where}: "${fn}" needs a column.`);
  const column = findColumn(scope.columns, operation.column, scope.where);
  const name = quoteName(column.name);
  if (fn === 'lag' || fn === 'lead') return { call: `${fn}(${name}, ${size})`, frame: '' };
  requireNumeric(column, scope.where);
  if (fn === 'running_sum') return { call: `sum(${name})`, frame: ' ROWS UNBOUNDED PRECEDING' };
  if (fn === 'moving_mean') return { call: `avg(${name})`, frame: ` ROWS ${size - 1} PRECEDING` };
  return { call: `${name} - lag(${name}, ${size})`, frame: '' };
}

function windowSql(operation: OperationOf<'window'>, scope: ProcessingScope): string {
  const { columns, where } = scope;
  refuseTaken(columns, operation.as, where);
  const { sql, place } = numberedSql('input', columns);
  const { call, frame } = windowCall(operation, scope);
  const keys = operation.partitionBy.map((name) => quoteName(findColumn(columns, name, where).name));
  const partition = keys.length > 0 ? `PARTITION BY ${keys.join(', ')} ` : '';
  // Rank counts equals as equals; for every other the place decides, so that the answer is always the same.
  const tie = /rank$/.test(operation.fn) ? '' : `, ${place}`;
  const over = `(${partition}ORDER BY ${orderSql(operation.orderBy, columns, where)}${tie}${frame})`;
  return `SELECT * EXCLUDE (${place}), ${call} OVER ${over} AS ${quoteName(operation.as)} FROM ${sql} ORDER BY ${place}`;
}

function sampleSql(operation: OperationOf<'sample'>, scope: ProcessingScope): string {
  if ((operation.rows === undefined) === (operation.share === undefined)) {
    throw invalidInput('CONFIG_INVALID', `${scope.where} needs either "rows" or "share".`);
  }
  const { sql, place } = numberedSql('input', scope.columns);
  const count =
    operation.rows === undefined
      ? `(SELECT CAST(round(count(*) * CAST('${operation.share}' AS DOUBLE)) AS BIGINT) FROM input)`
      : String(operation.rows);
  // The order of a hash is as good as chance, and the same each time.
  const chance = `hash(${place}, ${operation.seed})`;
  return `SELECT * EXCLUDE (${place}) FROM ${sql} QUALIFY row_number() OVER (ORDER BY ${chance}, ${place}) <= ${count} ORDER BY ${place}`;
}

function partitionSql(operation: OperationOf<'partition'>, scope: ProcessingScope): string {
  const { columns, where } = scope;
  refuseTaken(columns, operation.as, where);
  const { sql, place } = numberedSql('input', columns);
  const keys = operation.by.map((name) => `${quoteName(findColumn(columns, name, where).name)} NULLS LAST`);
  return `SELECT * EXCLUDE (${place}), dense_rank() OVER (ORDER BY ${keys.join(', ')}) AS ${quoteName(operation.as)} FROM ${sql} ORDER BY ${place}`;
}

export function processingSql(operation: ProcessingOperation, scope: ProcessingScope): string {
  switch (operation.op) {
    case 'filter':
      return `SELECT * FROM input WHERE ${filterSql(operation, scope)}`;
    case 'derive':
      return deriveSql(scope.columns, operation.column, scope.checkedSql ?? 'NULL');
    case 'bucket':
      return bucketSql(operation, scope);
    case 'aggregate':
      return aggregateSql(operation, { table: 'input', columns: scope.columns, where: scope.where });
    case 'window':
      return windowSql(operation, scope);
    case 'sample':
      return sampleSql(operation, scope);
    case 'partition':
      return partitionSql(operation, scope);
    case 'sql':
      return scope.checkedSql ?? 'SELECT * FROM input';
  }
}

/** Whether the operation looks at one row at a time, and can so work through the table in batches. */
export function worksRowByRow(operation: ProcessingOperation): boolean {
  return operation.op === 'filter' || operation.op === 'derive' || operation.op === 'bucket';
}
