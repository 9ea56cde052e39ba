import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Sql } from '../client.ts';
import { appendAudit } from './append-audit.ts';

export interface BulkWork {
  id: string;
  org_id: string;
  action: string;
  request: JsonObject;
  actor: JsonObject;
  /** Grows each time a process takes it up: one that was thought dead finds its own number gone. */
  turn: number;
}

export interface BulkItem {
  position: number;
  run_id: string;
  plan: Json;
}

export interface BulkOutcome {
  position: number;
  result: 'succeeded' | 'skipped' | 'failed';
  made: string | null;
  code: string | null;
  message: string | null;
}

const LEASE = '30 seconds';

/** The oldest that is open and that nobody works on, for as long as the lease. */
export async function takeBulk(sql: Sql): Promise<BulkWork | null> {
  const [row] = await sql<BulkWork[]>`
    UPDATE bulks SET leased_until = now() + ${LEASE}::text::interval, turn = turn + 1
    WHERE id = (SELECT id FROM bulks WHERE status = 'open' AND (leased_until IS NULL OR leased_until < now())
      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, org_id, action, request, actor, turn`;
  return row ?? null;
}

export async function nextItems(sql: Sql, bulkId: string, limit: number): Promise<BulkItem[]> {
  const rows = await sql<BulkItem[]>`
    SELECT position, run_id, plan FROM bulk_items
    WHERE bulk_id = ${bulkId}::text::uuid AND result IS NULL ORDER BY position LIMIT ${limit}::int`;
  return [...rows];
}

/** Before it is done; whoever comes later finds this one and keeps to it. */
export async function keepPlan(
  sql: Sql,
  item: { bulkId: string; position: number; plan: Json },
): Promise<Json> {
  const [row] = await sql<{ plan: Json }[]>`
    UPDATE bulk_items SET plan = coalesce(plan, ${JSON.stringify(item.plan)}::text::json)
    WHERE bulk_id = ${item.bulkId}::text::uuid AND position = ${item.position}::int RETURNING plan`;
  return row?.plan ?? null;
}

/**
 * Writes down what came of a page, counts it, and holds the lease on. False: the bulk was aborted, or is somebody
 * else's by now.
 */
export async function recordOutcomes(
  sql: Sql,
  { id, turn }: Pick<BulkWork, 'id' | 'turn'>,
  outcomes: readonly BulkOutcome[],
): Promise<boolean> {
  const rows = await sql`
    WITH told AS (
      UPDATE bulk_items i SET result = o.result, made = o.made, code = o.code, message = o.message
      FROM json_to_recordset(${JSON.stringify(outcomes)}::text::json)
        AS o (position int, result text, made uuid, code text, message text)
      WHERE i.bulk_id = ${id}::text::uuid AND i.position = o.position AND i.result IS NULL RETURNING i.result),
    counted AS (SELECT count(*) FILTER (WHERE result = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE result = 'skipped') AS skipped, count(*) FILTER (WHERE result = 'failed') AS failed FROM told)
    UPDATE bulks b SET succeeded = b.succeeded + c.succeeded, skipped = b.skipped + c.skipped,
      failed = b.failed + c.failed,
      leased_until = CASE WHEN b.turn = ${turn}::int THEN now() + ${LEASE}::text::interval ELSE b.leased_until END
    FROM counted c WHERE b.id = ${id}::text::uuid
    RETURNING b.status = 'open' AND b.turn = ${turn}::int AS mine`;
  return rows[0]?.mine === true;
}

/** Over, unless somebody has aborted it or items are left. */
export async function finishBulk(sql: Sql, id: string): Promise<void> {
  await sql`
    UPDATE bulks SET status = 'done', finished_at = now(), leased_until = NULL
    WHERE id = ${id}::text::uuid AND status = 'open'
      AND NOT EXISTS (SELECT FROM bulk_items WHERE bulk_id = ${id}::text::uuid AND result IS NULL)`;
}

/** Given up before its end, with the note of why. False: it is over already, or somebody else's by now. */
export async function stopBulk(
  sql: Sql,
  { id, org_id, turn }: Pick<BulkWork, 'id' | 'org_id' | 'turn'>,
  { because, note }: { because: string; note: JsonObject },
): Promise<boolean> {
  return sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const stopped = await tx`
      UPDATE bulks SET status = 'aborted', stopped_because = ${because}, finished_at = now(), leased_until = NULL
      WHERE id = ${id}::text::uuid AND turn = ${turn}::int AND status = 'open' RETURNING id`;
    if (stopped.length > 0) await appendAudit(tx, org_id, [note]);
    return stopped.length > 0;
  }) as Promise<boolean>;
}

/** Given back before its time, by a process that stops. */
export async function releaseBulk(sql: Sql, { id, turn }: Pick<BulkWork, 'id' | 'turn'>): Promise<void> {
  await sql`UPDATE bulks SET leased_until = NULL WHERE id = ${id}::text::uuid AND turn = ${turn}::int`;
}
