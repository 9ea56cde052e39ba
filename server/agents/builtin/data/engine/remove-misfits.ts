import type { BadRows } from '../formats/bad-rows.ts';
import type { Column, Database } from './database.ts';
import { shown } from './failures.ts';
import { freshName, quoteName } from './quote.ts';

function misfitSql(column: Column): string {
  const name = quoteName(column.name);
  return `(${name} IS NOT NULL AND TRY_CAST(${name} AS ${column.type}) IS NULL)`;
}

/**
 * Values of text that do not fit the types asked for: fails at the first, or takes their rows out of the table.
 * `lines` says for each row where it stands in the file.
 */
export async function removeMisfits(
  database: Database,
  table: string,
  about: { columns: readonly Column[]; lines: ArrayLike<number>; bad: BadRows },
): Promise<void> {
  const typed = about.columns.filter((column) => column.type !== 'VARCHAR');
  const seen = new Set<number>();
  for (const column of typed) {
    const place = quoteName(freshName('place', [column.name]));
    const numbered = `(SELECT row_number() OVER () AS ${place}, ${quoteName(column.name)} FROM ${table})`;
    const rows = await database.rows(
      `SELECT ${place}, left(${quoteName(column.name)}, 400) FROM ${numbered} WHERE ${misfitSql(column)} ORDER BY ${place}`,
    );
    for (const [number, value] of rows) {
      const row = Number(number);
      if (seen.has(row)) continue;
      seen.add(row);
      const reason = `the value of ${shown(column.name)} must be ${column.type}.`;
      const index = about.columns.indexOf(column) + 1;
      about.bad.report({ line: about.lines[row - 1] ?? 0, column: index, reason, text: String(value) });
    }
  }
  if (seen.size > 0) await database.run(`DELETE FROM ${table} WHERE ${typed.map(misfitSql).join(' OR ')}`);
}
