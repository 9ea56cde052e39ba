/**
 * The values of one field of many rows. Where most of them are equal that one is said once, and the others by their
 * places: of ten thousand stages most have succeeded at the first try, and say so in a few bytes instead of a megabyte.
 */
export type Column<Value> = { each: Value[] } | { most: Value; but: [place: number, value: Value][] };

/** More exceptions than this part of all, and they are written one by one. */
const FEW = 1 / 4;

export function packColumn<Value>(values: readonly Value[]): Column<Value> {
  const [most] = values;
  if (most === undefined) return { each: [] };
  const but: [number, Value][] = [];
  for (const [place, value] of values.entries()) {
    if (value === most) continue;
    but.push([place, value]);
    if (but.length > values.length * FEW) return { each: [...values] };
  }
  return { most, but };
}

function readColumn<Value>(column: Column<Value>, count: number): Value[] {
  if ('each' in column) return column.each;
  const values = new Array<Value>(count).fill(column.most);
  for (const [place, value] of column.but) values[place] = value;
  return values;
}

/** So many rows again, from a column for each of their fields. */
export function readRows<Row extends object>(
  columns: { [Name in keyof Row]: Column<Row[Name]> },
  count: number,
): Row[] {
  const fields = (Object.keys(columns) as (keyof Row)[]).map(
    (name) => [name, readColumn(columns[name], count)] as const,
  );
  return Array.from({ length: count }, (_, place) => {
    const row = {} as Row;
    for (const [name, values] of fields) row[name] = values[place] as Row[keyof Row];
    return row;
  });
}
