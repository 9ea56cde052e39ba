import type { Column, Database } from './database.ts';
import { quoteName } from './quote.ts';

/**
 * Types for columns of text, by the values themselves and only where nothing is lost: "007" and numbers with
 * more digits than a double holds stay text.
 */
interface Candidate {
  type: string;
  /** SQL that is true when the text `c` can become this type without loss. */
  fits: (c: string) => string;
}

const CANDIDATES: readonly Candidate[] = [
  { type: 'BIGINT', fits: (c) => `regexp_full_match(${c}, '-?[1-9][0-9]{0,17}|0')` },
  {
    type: 'DOUBLE',
    fits: (c) =>
      `regexp_full_match(${c}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]{1,3})?') AND (length(${c}) <= 15 OR TRY_CAST(${c} AS DOUBLE)::VARCHAR = ${c}) AND isfinite(TRY_CAST(${c} AS DOUBLE))`,
  },
  { type: 'BOOLEAN', fits: (c) => `lower(${c}) IN ('true', 'false')` },
  {
    type: 'DATE',
    fits: (c) =>
      `regexp_full_match(${c}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(${c} AS DATE) IS NOT NULL`,
  },
  {
    type: 'TIMESTAMP',
    fits: (c) =>
      `regexp_full_match(${c}, '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?') AND TRY_CAST(${c} AS TIMESTAMP) IS NOT NULL`,
  },
  {
    type: 'TIMESTAMPTZ',
    fits: (c) =>
      `regexp_full_match(${c}, '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)') AND TRY_CAST(${c} AS TIMESTAMPTZ) IS NOT NULL`,
  },
];

const COLUMNS_PER_QUERY = 100;

/** For each column of text in `table` the narrowest type that all its values fit; others as they are. */
export async function inferTypes(
  database: Database,
  table: string,
  columns: readonly Column[],
): Promise<Column[]> {
  const types = new Map<string, string>();
  let open = columns.filter((column) => column.type === 'VARCHAR');
  for (let at = 0; at < open.length; at += COLUMNS_PER_QUERY) {
    const part = open.slice(at, at + COLUMNS_PER_QUERY);
    const counts = part.map((column) => `count(${quoteName(column.name)})`).join(', ');
    const found = await database.row(`SELECT ${counts} FROM ${table}`);
    part.forEach((column, n) => {
      if (Number(found[n]) === 0) types.set(column.name, 'VARCHAR');
    });
  }
  for (const candidate of CANDIDATES) {
    open = open.filter((column) => !types.has(column.name));
    for (let at = 0; at < open.length; at += COLUMNS_PER_QUERY) {
      const part = open.slice(at, at + COLUMNS_PER_QUERY);
      const tests = part.map((column) => `bool_and(${candidate.fits(quoteName(column.name))})`).join(', ');
      const found = await database.row(`SELECT ${tests} FROM ${table}`);
      part.forEach((column, n) => {
        if (found[n] === true) types.set(column.name, candidate.type);
      });
    }
  }
  return columns.map((column) => ({ name: column.name, type: types.get(column.name) ?? column.type }));
}
