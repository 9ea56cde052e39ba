import type { Sql } from '../client.ts';

/** How many runs of a tenant were born since then, up to a number past which nobody asks. An id begins with its birth. */
export async function countBornSince(
  sql: Sql,
  orgUuid: string,
  { sinceMs, max }: { sinceMs: number; max: number },
): Promise<number> {
  const hex = Math.floor(sinceMs).toString(16).padStart(12, '0');
  const first = `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM runs WHERE org_id = ${orgUuid}::text::uuid AND id >= ${first}::text::uuid LIMIT ${max}) AS born`;
  return row?.count ?? 0;
}

/** How many runs of a tenant have something to wait for or to do, up to a number. A run that is over, or paused and holds nothing, has no moment to wake at. */
export async function countInFlight(sql: Sql, orgUuid: string, max: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM runs WHERE org_id = ${orgUuid}::text::uuid AND wake_at IS NOT NULL LIMIT ${max}) AS open`;
  return row?.count ?? 0;
}
