import type { Sql } from '#db/client.ts';
import { connectDatabase } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';
import type { ServiceUrls } from '../subject.ts';
import { createWorkload } from '../workload.ts';
import { createSubject } from './subject.ts';

const STAGES = 5;
const PAGE = 20_000;
/** One connection each: copying is work for Postgres alone. */
const WRITERS = 2;
/** Born in the days before, so that they share the week's part with new ones or lie in the one before. */
const SPREAD_MS = 5 * 24 * 3600 * 1000;
/** Tables with rows of a run, and the column that names it. */
const TABLES = { runs: 'id', tasks: 'run_id', run_events: 'run_id' } as const;

/**
 * Fills the database with runs that have ended. The engine makes one of them; the others are copies of its rows with ids
 * and times of their own, so that they look like the engine's whatever columns it has.
 */
export async function addFinishedRuns(urls: ServiceUrls, count: number): Promise<void> {
  const url = urls.databaseUrl ?? '';
  await migrate(url);
  await runOnce(urls);
  const connections = Array.from({ length: WRITERS }, () =>
    connectDatabase({ url, applicationName: 'bench-fill', max: 1 }),
  );
  try {
    const statements = await makeStatements(connections[0] as Sql);
    const pages = Array.from({ length: Math.ceil(count / PAGE) }, (_, at) => at * PAGE).values();
    const write = async (sql: Sql) => {
      // Lost with the power at worst; what is measured afterwards commits as always.
      await sql`SET synchronous_commit = off`;
      for (const first of pages) await addPage(sql, statements, { first, count });
    };
    await Promise.all(connections.map(write));
    await settle(connections[0] as Sql);
  } finally {
    await Promise.all(connections.map((sql) => sql.end({ timeout: 5 })));
  }
}

async function runOnce(urls: ServiceUrls): Promise<void> {
  const work = createWorkload();
  const subject = createSubject({ ...urls, work }, { coordinators: 1 });
  await subject.start();
  const outputs = await subject.runChains(work.beginLap(1), STAGES);
  work.checkChains(outputs, STAGES);
  await subject.stop();
}

async function makeStatements(sql: Sql): Promise<string[]> {
  await sql`CREATE SCHEMA template`;
  const statements: string[] = [];
  for (const [table, key] of Object.entries(TABLES)) {
    // The template's rows stand apart: the tables themselves are about to become large.
    await sql.unsafe(`CREATE TABLE template.${table} AS SELECT * FROM public.${table}`);
    const columns = await sql<{ name: string; type: string }[]>`
      SELECT attname AS name, format_type(atttypid, null) AS type FROM pg_attribute
      WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
    const values = columns.map(({ name, type }) => {
      if (name === key) return 'born.id';
      return type.startsWith('timestamp') ? `one.${name} + born.later` : `one.${name}`;
    });
    statements.push(`INSERT INTO public.${table} (${columns.map(({ name }) => name).join(', ')})
      SELECT ${values.join(', ')} FROM pg_temp.born, template.${table} AS one ORDER BY born.id`);
  }
  return statements;
}

interface Page {
  first: number;
  count: number;
}

async function addPage(sql: Sql, statements: readonly string[], { first, count }: Page): Promise<void> {
  const last = Math.min(first + PAGE, count) - 1;
  await sql.begin(async (page) => {
    await page.unsafe(`
      CREATE TEMP TABLE born ON COMMIT DROP AS
      SELECT (substr(uuid_at(at)::text, 1, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid AS id,
        at - (SELECT created_at FROM template.runs) AS later
      FROM generate_series(${first}, ${last}) AS n,
        LATERAL (SELECT now() - (1 - n::float8 / ${count}) * interval '${SPREAD_MS} ms' AS at) AS moment`);
    for (const statement of statements) await page.unsafe(statement);
  });
}

/** As a database is whose upkeep has caught up: no vacuum and no checkpoint of the filling falls into the benches. */
async function settle(sql: Sql): Promise<void> {
  await sql`DROP SCHEMA template CASCADE`;
  await sql`VACUUM (FREEZE, ANALYZE)`;
  await sql`CHECKPOINT`;
}
