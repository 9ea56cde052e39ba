import { connectDatabase } from '#db/client.ts';

const PAGE = 50_000;
/** Born in the days before, so that they share the week's part with the new ones or lie in the one before. */
const SPREAD_MS = 5 * 24 * 3600 * 1000;

/** Fills the database with runs that have ended, by the same columns that the engine writes. */
export async function addFinishedRuns(url: string, count: number): Promise<void> {
  const sql = connectDatabase({ url, applicationName: 'bench-fill', max: 1 });
  const version = '00000000-0000-7000-8000-0000000000ff';
  await sql`INSERT INTO versions (id, org_id, number, graph, content_hash)
    SELECT ${version}::uuid, id, 1, '{"format":1,"stages":[{"key":"s0","type":"step"}]}', 'bench' FROM orgs LIMIT 1`;
  for (let first = 0; first < count; first += PAGE) await addPage(sql, { first, count, version });
  await sql`VACUUM ANALYZE`;
  await sql.end();
}

interface Page {
  first: number;
  count: number;
  version: string;
}

async function addPage(
  sql: ReturnType<typeof connectDatabase>,
  { first, count, version }: Page,
): Promise<void> {
  const last = Math.min(first + PAGE, count) - 1;
  await sql`
    WITH made AS (
      SELECT n, (SELECT id FROM orgs LIMIT 1) AS org,
        now() - (1 - n::float8 / ${count}::float8) * ${SPREAD_MS}::float8 * interval '1 ms' AS at
      FROM generate_series(${first}::int, ${last}::int) AS n),
    named AS (
      SELECT *, (substr(uuid_at(at)::text, 1, 14) || '7' || substr(md5(n::text), 1, 3) || '-8' ||
        substr(md5(n::text), 4, 3) || '-' || substr(md5(n::text), 7, 12))::uuid AS id FROM made),
    runs_in AS (
      INSERT INTO runs (id, org_id, version_id, status, seq, revision, input, parameters, metadata, trigger,
        tasks_total, tasks_left, created_at, finished_at, updated_at, failing, error)
      SELECT id, org, ${version}::uuid, 'succeeded', 12, 6, json_build_object('note', repeat('x', 180)), '{}', '{}',
        'bench', 5, 0, at, at + interval '20 ms', at, 'null', 'null' FROM named),
    tasks_in AS (
      INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, agent_id,
        ready_at, started_at, finished_at, progress, output, error)
      SELECT id, idx, org, 's' || idx, 'step', 'succeeded', 1, 1, 0, org, at, at, at, 1,
        json_build_object('note', repeat('x', 180)), 'null' FROM named, generate_series(0, 4) AS idx)
    INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
    SELECT id, block * 2 + 1, block * 2 + 2, org, at, '[{"type":"task.succeeded","task":0,"epoch":1},
      {"type":"task.started","task":1,"epoch":1,"agent":"agent","leaseUntil":0,"stopBy":0}]'
    FROM named, generate_series(0, 5) AS block`;
}
