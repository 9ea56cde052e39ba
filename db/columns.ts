/**
 * Rows as columns: one parameter for each column, whatever the number of rows, so a statement is planned once and
 * its text never grows. Scalars travel as array literals; JSON as one array that Postgres takes apart itself, which
 * spares the quoting of quotes.
 */
type Kind = 'uuid' | 'int' | 'bigint' | 'real' | 'bool' | 'word' | 'json' | 'ms';

export interface Column<Row> {
  name: string;
  kind: Kind;
  get(row: Row): unknown;
}

const ARRAY_TYPE: Record<Exclude<Kind, 'json'>, string> = {
  uuid: 'uuid[]',
  int: 'int[]',
  bigint: 'bigint[]',
  real: 'real[]',
  bool: 'boolean[]',
  word: 'text[]',
  ms: 'float8[]',
};

const SCALAR_TYPE: Record<Kind, string> = {
  uuid: 'text::uuid',
  int: 'text::int',
  bigint: 'text::bigint',
  real: 'text::real',
  bool: 'text::boolean',
  word: 'text',
  ms: 'text::float8',
  json: 'text::json',
};

const QUOTED = /["\\]/g;

/** A list of words as one word; null when it is empty. */
export function toArrayLiteral(words: readonly string[] | undefined): string | null {
  if (words === undefined || words.length === 0) return null;
  return `{${words.map((word) => encodeScalar('word', word)).join(',')}}`;
}

function encodeScalar(kind: Kind, value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (kind === 'word') return `"${String(value).replace(QUOTED, '\\$&')}"`;
  return String(value);
}

function encodeValue(kind: Kind, value: unknown): string | null {
  if (kind === 'json') return value === undefined ? 'null' : JSON.stringify(value);
  return value === null || value === undefined ? null : String(value);
}

function encodeColumn<Row>(column: Column<Row>, rows: readonly Row[]): string {
  if (column.kind === 'json') {
    let text = '[';
    rows.forEach((row, at) => {
      const value = column.get(row);
      text += `${at === 0 ? '' : ','}${value === undefined ? 'null' : JSON.stringify(value)}`;
    });
    return `${text}]`;
  }
  let text = '{';
  rows.forEach((row, at) => {
    text += `${at === 0 ? '' : ','}${encodeScalar(column.kind, column.get(row))}`;
  });
  return `${text}}`;
}

export class Parameters {
  readonly values: (string | null)[] = [];

  add(value: string | null): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /**
   * The rows as a table inside a statement. One row alone is a plain list of values: reading it from a function for
   * each column would cost more than the write it is for, and a hop of a run is such a row.
   */
  rows<Row>(alias: string, columns: readonly Column<Row>[], rows: readonly Row[]): string {
    const [only] = rows;
    if (only !== undefined && rows.length === 1) return this.singleRow(alias, columns, only);
    const sources = columns.map((column) => {
      const parameter = this.add(encodeColumn(column, rows));
      return column.kind === 'json'
        ? `json_array_elements(${parameter}::text::json)`
        : `unnest(${parameter}::text::${ARRAY_TYPE[column.kind]})`;
    });
    return `ROWS FROM (${sources.join(', ')}) AS ${alias} (${columns.map((column) => column.name).join(', ')})`;
  }

  private singleRow<Row>(alias: string, columns: readonly Column<Row>[], row: Row): string {
    const values = columns.map((column) => {
      const type = SCALAR_TYPE[column.kind];
      return `${this.add(encodeValue(column.kind, column.get(row)))}::${type} AS ${column.name}`;
    });
    return `(SELECT ${values.join(', ')}) AS ${alias}`;
  }
}

/** How a column of a `rows` table is read in the statement around it. */
export function readColumn<Row>(alias: string, column: Column<Row>): string {
  const name = `${alias}.${column.name}`;
  return column.kind === 'ms' ? `to_timestamp(${name} / 1000)` : name;
}
