export type CsvCell = string | number | boolean | null;

/**
 * Lines of values as spreadsheets read them. Text that would begin a formula there is given an apostrophe in front, which
 * makes it text again: names and messages are anybody's words. Numbers are left as they are.
 */
export function toCsv(columns: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return csvLines([columns, ...rows]);
}

/** The same, of lines that come after others. */
export const csvLines = (rows: readonly (readonly CsvCell[])[]): string =>
  rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');

/** The wide forms are for spreadsheets in East Asia, which take them for the narrow ones. */
const FORMULA = /^[=+\-@\t\r\n|%＝＋－＠]/u;
/** Where lists are written with semicolons, cells are parted there, and quotes in the middle of a line count for nothing. */
const FORMULA_WITHIN = /([;\t\r\n][\s"]*)(?=[=+\-@|%＝＋－＠])/gu;
const SPECIAL = /[",;\r\n\t]|^\s|\s$/;

function cellOf(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const isFormula = FORMULA.test(value.trimStart()) || FORMULA.test(value);
  const text = `${isFormula ? "'" : ''}${value.replaceAll(FORMULA_WITHIN, "$1'")}`;
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
