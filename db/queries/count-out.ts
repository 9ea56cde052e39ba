import type { Sql } from '../client.ts';

/**
 * Sets a slot that every task takes to the number of tasks that are out. It is counted in every commit; this mends what
 * was written while nobody counted: no limit was set, or a process of an older version took part. The difference is
 * seen in one snapshot and added, so what is committed meanwhile is counted as ever.
 */
export async function countOut(sql: Sql, slot: { orgId: string; key: string }): Promise<void> {
  const { orgId, key } = slot;
  await sql`
    INSERT INTO concurrency_slots (org_id, key, used) VALUES (${orgId}::text::uuid, ${key}::text, 0)
    ON CONFLICT (org_id, key) DO NOTHING`;
  // A task that is out falls due at some time, so its run has a wake-up time.
  await sql`
    WITH out AS MATERIALIZED (
      SELECT count(*)::int AS tasks FROM runs r JOIN tasks t ON t.run_id = r.id
      WHERE r.wake_at IS NOT NULL AND t.status IN ('queued', 'running')),
    missing AS MATERIALIZED (
      SELECT out.tasks - c.used AS change FROM out, concurrency_slots c
      WHERE c.org_id = ${orgId}::text::uuid AND c.key = ${key}::text)
    UPDATE concurrency_slots s SET used = greatest(s.used + missing.change, 0) FROM missing
    WHERE s.org_id = ${orgId}::text::uuid AND s.key = ${key}::text AND missing.change <> 0`;
}

/** Nobody counts any more: a number that stays as it was would look like one that is true. */
export async function forgetCount(sql: Sql, orgId: string): Promise<void> {
  await sql`DELETE FROM concurrency_slots WHERE org_id = ${orgId}::text::uuid`;
}
