import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Database } from './database.ts';
import { invalidInput, listed, shown } from './failures.ts';
import { quoteText } from './quote.ts';

/**
 * What a person's SQL may be: one SELECT over the stage's own tables. DuckDB's own parser says what the text
 * means, so odd case, comments and quotes cannot hide anything; the lock of `openDatabase` stands behind this.
 */
const TABLE_FUNCTIONS = new Set(['unnest', 'range', 'generate_series', 'json_each', 'json_tree']);
const REFUSED_FUNCTIONS = new Set([
  'current_setting',
  'getenv',
  'getvariable',
  'nextval',
  'currval',
  'write_log',
  'which_secret',
]);
const MAX_SQL_CHARS = 20_000;

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Findings {
  tables: { name: string; qualified: boolean }[];
  tableFunctions: string[];
  functions: string[];
  /** The value of a row hangs on other rows. */
  looksAround: boolean;
  withNames: Set<string>;
  odd: string[];
}

function noteWithNames(node: JsonObject, found: Findings): void {
  const withMap = node.cte_map;
  if (isObject(withMap) && Array.isArray(withMap.map)) {
    for (const entry of withMap.map)
      if (isObject(entry)) found.withNames.add(String(entry.key).toLowerCase());
  }
  // A recursive WITH names its own table here as well.
  if (typeof node.cte_name === 'string') found.withNames.add(node.cte_name.toLowerCase());
  if (typeof node.ctename === 'string') found.withNames.add(node.ctename.toLowerCase());
}

function noteNode(node: JsonObject, found: Findings): void {
  noteWithNames(node, found);
  if (node.type === 'BASE_TABLE') {
    const qualified = Boolean(node.schema_name) || Boolean(node.catalog_name);
    found.tables.push({ name: String(node.table_name), qualified });
  }
  if (node.type === 'TABLE_FUNCTION') {
    const call = isObject(node.function) ? node.function : {};
    found.tableFunctions.push(String(call.function_name ?? '').toLowerCase());
  }
  if (node.type === 'SHOW_REF' || node.type === 'COLUMN_DATA') found.odd.push(String(node.type));
  if (node.class === 'WINDOW' || node.class === 'SUBQUERY') found.looksAround = true;
  if (node.class === 'FUNCTION' || node.type === 'FUNCTION') {
    found.functions.push(String(node.function_name ?? '').toLowerCase());
  }
}

function inspect(tree: Json): Findings {
  const found: Findings = {
    tables: [],
    tableFunctions: [],
    functions: [],
    looksAround: false,
    withNames: new Set(),
    odd: [],
  };
  const open: Json[] = [tree];
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value)) {
      noteNode(value, found);
      for (const child of Object.values(value)) if (typeof child === 'object') open.push(child);
    }
  }
  return found;
}

function refuse(what: string, why: string): never {
  throw invalidInput('SQL_REFUSED', `${what} is refused: ${why}`);
}

async function parse(database: Database, sql: string, what: string): Promise<JsonObject> {
  if (sql.length > MAX_SQL_CHARS) refuse(what, `it is longer than ${MAX_SQL_CHARS} characters.`);
  if (sql.includes('\0')) refuse(what, 'it holds a NUL character.');
  const [answer] = await database.row(`SELECT json_serialize_sql(${quoteText(sql)})::VARCHAR`);
  const parsed = JSON.parse(String(answer)) as JsonObject;
  if (parsed.error === true) {
    const message = String(parsed.error_message ?? 'it cannot be read').slice(0, 500);
    if (parsed.error_type === 'not implemented') refuse(what, 'it must be one SELECT and nothing else.');
    throw invalidInput('SQL_INVALID', `${what} cannot be read: ${message}`);
  }
  const statements = Array.isArray(parsed.statements) ? parsed.statements : [];
  const [only] = statements;
  if (statements.length !== 1 || !isObject(only) || !isObject(only.node)) {
    refuse(what, `it must be one SELECT, and it holds ${statements.length} statements.`);
  }
  return only.node;
}

function checkFindings(tree: JsonObject, tables: readonly string[], what: string): Findings {
  const found = inspect(tree);
  const known = new Set([...tables.map((name) => name.toLowerCase()), ...found.withNames]);
  for (const table of found.tables) {
    if (table.qualified || !known.has(table.name.toLowerCase())) {
      refuse(what, `it reads ${shown(table.name)}, and this stage has only the tables ${listed(tables)}.`);
    }
  }
  for (const name of found.tableFunctions) {
    if (!TABLE_FUNCTIONS.has(name)) refuse(what, `the table function ${shown(name)} is not allowed here.`);
  }
  for (const name of found.functions) {
    if (REFUSED_FUNCTIONS.has(name)) refuse(what, `the function ${shown(name)} is not allowed here.`);
  }
  if (found.odd.length > 0) refuse(what, 'it must be one SELECT over the tables of this stage.');
  return found;
}

/** Gives back the text to run: without a closing semicolon, known to be one SELECT over `tables`. */
export async function checkSelect(
  database: Database,
  sql: string,
  about: { what: string; tables: readonly string[] },
): Promise<string> {
  const text = sql.trim().replace(/;\s*$/, '');
  const tree = await parse(database, text, about.what);
  checkFindings(tree, about.tables, about.what);
  // The line break ends a comment that the text may close with.
  return `${text}\n`;
}

const CLAUSES = ['where_clause', 'having', 'sample', 'qualify'] as const;

function isBareExpression(tree: JsonObject): boolean {
  if (tree.type !== 'SELECT_NODE') return false;
  const selected = Array.isArray(tree.select_list) ? tree.select_list : [];
  const only = selected[0];
  const from = tree.from_table;
  return (
    selected.length === 1 &&
    isObject(only) &&
    only.alias === 'value_of_expression' &&
    isObject(from) &&
    from.type === 'BASE_TABLE' &&
    CLAUSES.every((clause) => !tree[clause]) &&
    Array.isArray(tree.modifiers) &&
    tree.modifiers.length === 0 &&
    Array.isArray(tree.group_expressions) &&
    tree.group_expressions.length === 0
  );
}

export interface CheckedExpression {
  sql: string;
  /** Looks at nothing but its own row, so that rows can be worked through in batches. */
  rowByRow: boolean;
}

/** For one scalar expression over the columns of `input`: it may not break out of its parentheses. */
export async function checkExpression(
  database: Database,
  expression: string,
  about: { what: string; tables: readonly string[] },
): Promise<CheckedExpression> {
  const wrapped = `(\n${expression}\n)`;
  const tree = await parse(database, `SELECT ${wrapped} AS value_of_expression FROM input`, about.what);
  if (!isBareExpression(tree)) refuse(about.what, 'it must be one expression, such as "price * 1.2".');
  const found = checkFindings(tree, about.tables, about.what);
  return { sql: wrapped, rowByRow: !found.looksAround };
}
