import type { Column, Database } from './database.ts';
import { quoteName, quoteText } from './quote.ts';

/** The longest JSON object that is read, in bytes. */
export const MAX_OBJECT_BYTES = 16_777_216;

/** Columns as the argument of read_json and read_csv: types are data here, never SQL text. */
export function columnsArgument(columns: readonly Column[]): string {
  const fields = columns.map((column) => `${quoteName(column.name)}: ${quoteText(column.type)}`);
  return `{${fields.join(', ')}}`;
}

/** A table from a file with one JSON object a line. */
export async function createFromLines(
  database: Database,
  about: { path: string; target: string; columns: readonly Column[] },
): Promise<void> {
  await database.run(
    `CREATE TABLE ${about.target} AS SELECT * FROM read_json(${quoteText(about.path)}, format = 'newline_delimited', maximum_object_size = ${MAX_OBJECT_BYTES}, columns = ${columnsArgument(about.columns)})`,
  );
}
