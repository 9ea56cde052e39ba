import type { Sql } from '../client.ts';

interface Kept {
  keepDays: number;
  limit: number;
}

/** Ids begin with the time of the call, so old ones lie together. Returns how many went, as the others do. */
export async function forgetCalls(sql: Sql, { keepDays, limit }: Kept): Promise<number> {
  const gone = await sql`
    DELETE FROM mcp_calls WHERE id IN (
      SELECT id FROM mcp_calls WHERE id < uuid_at(now() - make_interval(days => ${keepDays}::int))
      ORDER BY id LIMIT ${limit}::int)`;
  return gone.count;
}

/** Never one that could still be granted or used. */
export async function forgetApprovals(sql: Sql, { keepDays, limit }: Kept): Promise<number> {
  const gone = await sql`
    DELETE FROM mcp_approvals WHERE id IN (
      SELECT id FROM mcp_approvals
      WHERE id < uuid_at(now() - make_interval(days => ${keepDays}::int)) AND (expires_at < now() OR state = 'used')
      ORDER BY id LIMIT ${limit}::int)`;
  return gone.count;
}

/** The same of what servers have asked, with what they wanted to find again. */
export async function forgetQuestions(sql: Sql, { keepDays, limit }: Kept): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    WITH gone AS (
      DELETE FROM mcp_questions WHERE id IN (
        SELECT id FROM mcp_questions
        WHERE id < uuid_at(now() - make_interval(days => ${keepDays}::int)) AND expires_at < now()
        ORDER BY id LIMIT ${limit}::int)
      RETURNING org_id, carried_name
    ), forgotten AS (
      DELETE FROM secrets s USING gone g WHERE s.org_id = g.org_id AND s.name = g.carried_name
    )
    SELECT count(*)::int AS count FROM gone`;
  return row?.count ?? 0;
}

/** Whole days, by the calendar that they were counted by. */
export async function forgetUsage(sql: Sql, { keepDays, limit }: Kept): Promise<number> {
  const gone = await sql`
    DELETE FROM mcp_usage WHERE (org_id, connection_id, tool, day) IN (
      SELECT org_id, connection_id, tool, day FROM mcp_usage
      WHERE day < (now() AT TIME ZONE 'UTC')::date - ${keepDays}::int LIMIT ${limit}::int)`;
  return gone.count;
}
