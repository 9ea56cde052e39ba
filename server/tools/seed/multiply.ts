import { connectDatabase, type Sql } from '#db/client.ts';
import type { JsonObject } from '#server/domain/json.ts';

const PAGE = 20_000;
/** One connection each: copying is work for Postgres alone. */
const WRITERS = 2;
/** Tables with rows of a run, and the column that names it. What a stage has logged is not copied: it is most of the bytes. */
const TABLES = {
  runs: 'id',
  tasks: 'run_id',
  attempts: 'run_id',
  run_events: 'run_id',
  run_objects: 'run_id',
};
const SCHEMA = 'seed_template';

export interface Multiplication {
  url: string;
  /** Ids of runs that are over, without prefix. Each copy is of one of them, by turns. */
  templates: readonly string[];
  count: number;
  /** Born evenly over so long a time up to now. */
  spreadMs: number;
  /** Added to the metadata of each copy. */
  mark?: JsonObject;
  onPage?(done: number): void;
}

/**
 * Fills the database with copies of runs that the engine has made, with ids and times of their own: they look like the
 * engine's whatever columns it has, and the auditor finds them sound. Each page is there as a whole or not at all.
 */
export async function multiplyRuns(order: Multiplication): Promise<void> {
  const connections = Array.from({ length: WRITERS }, () =>
    connectDatabase({ url: order.url, applicationName: 'signalbox-seed', max: 1 }),
  );
  const [first] = connections as [Sql];
  try {
    const statements = await prepare(first, order);
    const pages = Array.from({ length: Math.ceil(order.count / PAGE) }, (_, at) => at * PAGE).values();
    let done = 0;
    const write = async (sql: Sql) => {
      // Lost with the power at worst, and whoever asked for it asks again.
      await sql`SET synchronous_commit = off`;
      for (const from of pages) {
        done += await addPage(sql, statements, { from, ...order });
        order.onPage?.(done);
      }
    };
    await Promise.all(connections.map(write));
  } finally {
    await first.unsafe(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await Promise.all(connections.map((sql) => sql.end({ timeout: 5 })));
  }
}

/** The templates' rows stand apart: the tables themselves are about to become large. */
async function prepare(sql: Sql, { templates, spreadMs, mark }: Multiplication): Promise<string[]> {
  await sql`SELECT ensure_parts(now() - make_interval(secs => ${Math.ceil(spreadMs / 1000)}::int), now())`;
  await sql.unsafe(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA}`);
  const statements: string[] = [];
  for (const [table, key] of Object.entries(TABLES)) {
    await sql.unsafe(
      `CREATE TABLE ${SCHEMA}.${table} AS SELECT *, dense_rank() OVER (ORDER BY ${key}) - 1 AS seed_nth
       FROM public.${table} WHERE ${key} = ANY ($1::text::uuid[])`,
      [`{${templates.join(',')}}`],
    );
    const columns = await sql<{ name: string; type: string }[]>`
      SELECT attname AS name, format_type(atttypid, null) AS type FROM pg_attribute
      WHERE attrelid = ${`public.${table}`}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
    const values = columns.map(({ name, type }) => {
      if (name === key) return 'born.id';
      if (table === 'runs' && name === 'metadata' && mark)
        return `(one.metadata::jsonb || '${JSON.stringify(mark).replaceAll("'", "''")}')::json`;
      return type.startsWith('timestamp') ? `one.${name} + born.later` : `one.${name}`;
    });
    statements.push(`INSERT INTO public.${table} (${columns.map(({ name }) => name).join(', ')})
      SELECT ${values.join(', ')} FROM pg_temp.born JOIN ${SCHEMA}.${table} AS one ON one.${key} = born.template ORDER BY born.id`);
  }
  return statements;
}

interface Page {
  from: number;
  count: number;
  spreadMs: number;
}

async function addPage(sql: Sql, statements: readonly string[], { from, count, spreadMs }: Page) {
  const last = Math.min(from + PAGE, count) - 1;
  await sql.begin(async (page) => {
    await page.unsafe(`
      CREATE TEMP TABLE born ON COMMIT DROP AS
      SELECT (substr(uuid_at(at)::text, 1, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid AS id,
        one.id AS template, at - one.created_at AS later
      FROM generate_series(${from}, ${last}) AS n
      CROSS JOIN LATERAL (SELECT now() - (1 - n::float8 / ${count}) * interval '${spreadMs} ms'
        - interval '1 minute' AS at) AS moment
      JOIN ${SCHEMA}.runs AS one ON one.seed_nth = n % (SELECT count(*) FROM ${SCHEMA}.runs)`);
    await page.unsafe('ANALYZE pg_temp.born');
    for (const statement of statements) await page.unsafe(statement);
  });
  return last - from + 1;
}
