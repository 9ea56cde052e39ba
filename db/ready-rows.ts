import { type GetColumnData, type SQL, sql } from 'drizzle-orm';
import { type PgColumn, PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import { isTenants } from './tenant-dialect.ts';

/** A statement with its values, and how a row that it answers with is read. */
export interface Asked<Row> {
  readonly text: string;
  readonly values: readonly unknown[];
  toRow(columns: readonly unknown[]): Row;
}

export type RowOf<Columns> = {
  [Name in keyof Columns]: Columns[Name] extends PgColumn ? GetColumnData<Columns[Name]> : never;
};

/** Stands for a value that comes with each question. */
export const given = (name: string) => sql.placeholder(name);

const dialect = new PgDialect();

/**
 * A question that is put again and again: its text is written and its columns are looked through once and not for each
 * request. They are the tenant's; `rest` says which, and in what order.
 */
export function readyRows<Columns extends Record<string, PgColumn>>(
  columns: Columns,
  table: PgTable & { orgId: PgColumn },
  rest: SQL,
): (values: Readonly<Record<string, unknown>>) => Asked<RowOf<Columns>> {
  const list = Object.entries(columns);
  const shown = sql.join(
    list.map(([, column]) => sql`${column}`),
    sql`, `,
  );
  const { sql: text, params } = dialect.sqlToQuery(
    sql`SELECT ${shown} FROM ${table} WHERE ${isTenants(table.orgId)} AND ${rest}`,
  );
  const names = params.map((param) => (param as { name: string }).name);
  const toRow = (found: readonly unknown[]) => {
    const row: Record<string, unknown> = {};
    let at = 0;
    for (const [name, column] of list) {
      const value = found[at++];
      row[name] = value === null ? null : column.mapFromDriverValue(value);
    }
    return row as RowOf<Columns>;
  };
  return (values) => ({ text, values: names.map((name) => values[name]), toRow });
}
