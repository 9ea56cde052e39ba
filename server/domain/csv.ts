export type CsvCell = string | number | boolean | null;

/**
 * Lines of values as spreadsheets read them. Text that would begin a formula there is given an apostrophe in front, which
 * makes it text again: names and messages are anybody's words. Numbers are left as they are.
 */
export function toCsv(columns: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

const FORMULA = /^[=+\-@\t\r\n|%]/;
const SPECIAL = /[",\r\n\t]|^\s|\s$/;

function cellOf(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value.trimStart()) || FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
