import type { Sql } from '#db/client.ts';
import { appendAudit } from '#db/queries/append-audit.ts';
import { DEFAULT_ORG_ID, fromUuid, toUuid } from '#server/domain/ids.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Caller } from './caller.ts';
import { untilEnded } from './until-ended.ts';

const PAGE = 5_000;
const TIME_TO_END_MS = 120_000;
const org = toUuid(DEFAULT_ORG_ID);
/** Rows of a run, in whatever table; the runs themselves go last, so that a removal that was cut short finds them again. */
const OF_RUNS = [
  ...['run_objects', 'task_stage_logs', 'run_events', 'attempts', 'tasks', 'late_answers', 'dead_letters'],
  ...['notification_deliveries', 'workspaces', 'idempotency_keys'],
];

export interface Removed {
  pipelines: number;
  agents: number;
  runs: number;
}

/** Takes away what scenarios have made, with every run of their pipelines whoever started it, and nothing else. */
export async function removeSamples(sql: Sql, call: Caller, say: (line: string) => void): Promise<Removed> {
  const pipelines = await listSamples(sql, 'pipeline');
  await endRuns(sql, call, pipelines);
  const groups = await sql<{ id: string }[]>`
    SELECT DISTINCT error_group AS id FROM runs WHERE pipeline_id = ANY (${array(pipelines)}::text::uuid[]) AND error_group IS NOT NULL`;
  const runs = await deleteRuns(sql, pipelines, say);
  await forgetFigures(
    sql,
    pipelines,
    groups.map(({ id }) => id),
  );
  const agents = await listSamples(sql, 'agent');
  await disconnectSamples(sql, call);
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await tx`DELETE FROM idempotency_keys WHERE org_id = ${org}::text::uuid AND subject IN (
      SELECT 'pipe_' || replace(id::text, '-', '') FROM samples WHERE kind = 'pipeline' AND org_id = ${org}::text::uuid)`;
    for (const table of ['agent_performance', 'agent_seats'])
      await tx.unsafe(`DELETE FROM ${table} WHERE agent_id = ANY ($1::text::uuid[])`, [array(agents)]);
    await tx`DELETE FROM notification_targets WHERE pipeline_id = ANY (${array(pipelines)}::text::uuid[])`;
    await tx`DELETE FROM versions WHERE pipeline_id = ANY (${array(pipelines)}::text::uuid[])`;
    await tx`DELETE FROM pipelines WHERE id = ANY (${array(pipelines)}::text::uuid[])`;
    await tx`DELETE FROM agents WHERE id = ANY (${array(agents)}::text::uuid[])`;
    await tx`DELETE FROM samples WHERE org_id = ${org}::text::uuid`;
    const after = { pipelines: pipelines.length, agents: agents.length, runs };
    await appendAudit(tx, org, [
      auditNote(LOCAL_OWNER, 'samples.removed', { target: 'samples', after }).body,
    ]);
  });
  return { pipelines: pipelines.length, agents: agents.length, runs };
}

/** By the API, so that whoever holds a line to it lets it go. */
async function disconnectSamples(sql: Sql, call: Caller): Promise<void> {
  const rows = await sql<{ id: string }[]>`
    SELECT id::text FROM mcp_connections WHERE id = ANY (${array(await listSamples(sql, 'mcp-connection'))}::text::uuid[])`;
  for (const { id } of rows)
    await call({ path: `/mcp/connections/${fromUuid('mcpConnection', id)}`, method: 'DELETE' });
}

async function listSamples(sql: Sql, kind: 'pipeline' | 'agent' | 'mcp-connection'): Promise<string[]> {
  const rows = await sql<
    { id: string }[]
  >`SELECT id::text FROM samples WHERE org_id = ${org}::text::uuid AND kind = ${kind}`;
  return rows.map(({ id }) => id);
}

/** The engine ends what is under way, so that it holds nothing that is gone. */
async function endRuns(sql: Sql, call: Caller, pipelines: readonly string[]): Promise<void> {
  for (const id of pipelines) {
    const path = `/pipelines/${fromUuid('pipe', id)}/archive`;
    await call({ path, method: 'POST', body: {} });
  }
  const rows = await sql<{ id: string }[]>`
    SELECT id::text FROM runs WHERE pipeline_id = ANY (${array(pipelines)}::text::uuid[]) AND finished_at IS NULL`;
  const ids = rows.map(({ id }) => fromUuid('run', id));
  for (const id of ids) await call({ path: `/runs/${id}/kill`, method: 'POST', body: {} });
  await untilEnded(call, ids, TIME_TO_END_MS);
}

async function deleteRuns(sql: Sql, pipelines: readonly string[], say: (line: string) => void) {
  let gone = 0;
  for (;;) {
    const rows = await sql<{ id: string }[]>`
      SELECT id::text FROM runs WHERE org_id = ${org}::text::uuid AND pipeline_id = ANY (${array(pipelines)}::text::uuid[]) LIMIT ${PAGE}::text::int`;
    if (rows.length === 0) return gone;
    const ids = array(rows.map(({ id }) => id));
    await sql.begin(async (tx) => {
      for (const table of OF_RUNS)
        await tx.unsafe(`DELETE FROM ${table} WHERE run_id = ANY ($1::text::uuid[])`, [ids]);
      await tx`DELETE FROM runs WHERE id = ANY (${ids}::text::uuid[])`;
    });
    gone += rows.length;
    if (gone % 100_000 === 0) say(`${gone.toLocaleString('en-US')} runs are gone`);
  }
}

/** What they had added to the figures; the hours that they shared with others are counted anew. */
async function forgetFigures(
  sql: Sql,
  pipelines: readonly string[],
  groups: readonly string[],
): Promise<void> {
  await sql.begin(async (tx) => {
    for (const table of ['run_rollups', 'task_rollups'])
      await tx.unsafe(`DELETE FROM ${table} WHERE pipeline_id = ANY ($1::text::uuid[])`, [array(pipelines)]);
    await tx`UPDATE analytics_slices SET runs = 0 WHERE org_id = ${org}::text::uuid`;
    await tx`UPDATE analytics_progress SET counted_until = NULL`;
  });
  for (const id of groups)
    await sql`DELETE FROM error_groups WHERE org_id = ${org}::text::uuid AND id = ${id}
      AND NOT EXISTS (SELECT FROM runs WHERE org_id = ${org}::text::uuid AND error_group = ${id})`;
}

const array = (ids: readonly string[]): string => `{${ids.join(',')}}`;
