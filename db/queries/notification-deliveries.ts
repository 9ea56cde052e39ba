import type { JsonObject } from '#server/domain/json.ts';
import type { DeliveryState, NotificationBody, TargetKind } from '#server/domain/notifications.ts';
import type { Sql } from '../client.ts';
import { type Column, Parameters, readColumn } from '../columns.ts';

/** A delivery that is to be made: bare uuids. */
export interface NewDelivery {
  id: string;
  orgId: string;
  targetId: string | null;
  kind: TargetKind;
  address: string;
  event: NotificationBody['type'];
  eventKey: string;
  listener: string;
  runId: string | null;
  /** Who asked for it, where the run itself names the address. */
  askedBy: JsonObject | null;
  body: NotificationBody;
  triesLeft: number;
}

const NEW: Column<NewDelivery>[] = [
  { name: 'id', kind: 'uuid', get: (row) => row.id },
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'target_id', kind: 'uuid', get: (row) => row.targetId },
  { name: 'kind', kind: 'word', get: (row) => row.kind },
  { name: 'address', kind: 'word', get: (row) => row.address },
  { name: 'event', kind: 'word', get: (row) => row.event },
  { name: 'event_key', kind: 'word', get: (row) => row.eventKey },
  { name: 'listener', kind: 'word', get: (row) => row.listener },
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'asked_by', kind: 'json', get: (row) => row.askedBy },
  { name: 'body', kind: 'json', get: (row) => row.body },
  { name: 'tries_left', kind: 'int', get: (row) => row.triesLeft },
];

/** What has been told to the same listener already is left out. */
export async function addDeliveries(sql: Sql, rows: readonly NewDelivery[]): Promise<void> {
  if (rows.length === 0) return;
  const parameters = new Parameters();
  const source = parameters.rows('n', NEW, rows);
  await sql.unsafe(
    `INSERT INTO notification_deliveries (${NEW.map(({ name }) => name).join(', ')})
     SELECT ${NEW.map((column) => readColumn('n', column)).join(', ')} FROM ${source} ON CONFLICT DO NOTHING`,
    parameters.values,
  );
}

/** A delivery that this process is at, until its lease ends. */
export interface ClaimedDelivery {
  id: string;
  orgId: string;
  targetId: string | null;
  runId: string | null;
  askedBy: JsonObject | null;
  kind: TargetKind;
  address: string;
  /** As it is sent: no byte of it may change between tries. */
  body: string;
  /** The number of this try: what fences it off from an earlier one. */
  attempts: number;
  triesLeft: number;
  /** Why there is nothing to send any more. */
  obstacle: 'deleted' | 'off' | null;
}

export interface ClaimLimits {
  limit: number;
  perOrg: number;
  /** Tenants that this process sends enough for just now. */
  busyOrgs: readonly string[];
  leaseMs: number;
}

const CLAIMED = `replace(d.id::text, '-', '') AS id, replace(d.org_id::text, '-', '') AS "orgId",
  replace(d.target_id::text, '-', '') AS "targetId", replace(d.run_id::text, '-', '') AS "runId", d.asked_by AS "askedBy", d.kind, coalesce(t.address, d.address) AS address, d.body::text AS body,
  d.attempts, d.tries_left AS "triesLeft",
  CASE WHEN d.target_id IS NULL OR d.event = 'test' THEN NULL WHEN t.id IS NULL THEN 'deleted' WHEN NOT t.active THEN 'off' END AS obstacle`;

/**
 * Takes deliveries that are due, a few of each tenant, so that one with a thousand slow receivers holds nobody up. Rows
 * that another process takes at this moment are skipped; the lease is `next_at`, so what a dead process held is due
 * again when it ends. The list of tenants is walked on the index, one look a tenant, however many rows wait.
 */
export async function claimDeliveries(sql: Sql, limits: ClaimLimits): Promise<ClaimedDelivery[]> {
  return sql.unsafe<ClaimedDelivery[]>(
    `WITH RECURSIVE orgs AS (
       (SELECT org_id FROM notification_deliveries WHERE state = 'waiting' ORDER BY org_id LIMIT 1)
       UNION ALL
       SELECT (SELECT w.org_id FROM notification_deliveries w WHERE w.state = 'waiting' AND w.org_id > o.org_id
         ORDER BY w.org_id LIMIT 1) FROM orgs o WHERE o.org_id IS NOT NULL),
     due AS MATERIALIZED (
       SELECT picked.id FROM orgs o CROSS JOIN LATERAL (
         SELECT w.id FROM notification_deliveries w
         WHERE w.state = 'waiting' AND w.org_id = o.org_id AND w.next_at <= now()
         ORDER BY w.next_at LIMIT $2::text::int FOR UPDATE SKIP LOCKED) picked
       WHERE o.org_id IS NOT NULL AND o.org_id <> ALL ($3::text::uuid[])
       LIMIT $1::text::int),
     d AS (UPDATE notification_deliveries w SET attempts = w.attempts + 1, tries_left = w.tries_left - 1,
         next_at = now() + $4::text::float8 * interval '1 ms'
       FROM due WHERE w.id = due.id RETURNING w.*)
     SELECT ${CLAIMED} FROM d LEFT JOIN notification_targets t ON t.id = d.target_id`,
    [String(limits.limit), String(limits.perOrg), `{${limits.busyOrgs.join(',')}}`, String(limits.leaseMs)],
  );
}

/** Puts one in that is claimed from its first moment: nobody else takes it up before the lease ends. */
export async function addClaimed(sql: Sql, row: NewDelivery, leaseMs: number): Promise<ClaimedDelivery> {
  const parameters = new Parameters();
  const source = parameters.rows('n', NEW, [row]);
  const [made] = await sql.unsafe<ClaimedDelivery[]>(
    `WITH d AS (INSERT INTO notification_deliveries (${NEW.map(({ name }) => name).join(', ')}, attempts, next_at)
       SELECT ${NEW.map((column) => readColumn('n', column)).join(', ')}, 1,
         now() + ${parameters.add(String(leaseMs))}::text::float8 * interval '1 ms' FROM ${source} RETURNING *)
     SELECT ${CLAIMED} FROM d LEFT JOIN notification_targets t ON t.id = d.target_id`,
    parameters.values,
  );
  if (!made) throw new Error('the delivery wrote no row');
  return made;
}

/** What came of one try. */
export interface Settlement {
  state: DeliveryState;
  /** Null: it is over. */
  nextInMs: number | null;
  status: number | null;
  error: string | null;
  ms: number;
  /** The receiver said that it is gone for good: its target is told nothing more. */
  switchOff: boolean;
}

const GONE = 'The receiver answered 410 Gone.';

/** False: another process has taken it up meanwhile, and what this one has to say changes nothing. */
export async function settleDelivery(
  sql: Sql,
  { id, attempts, targetId, address }: ClaimedDelivery,
  { state, nextInMs, status, error, ms, switchOff }: Settlement,
): Promise<boolean> {
  const rows = await sql`
    WITH settled AS (
      UPDATE notification_deliveries SET state = ${state}, last_at = now(), last_status = ${status},
        last_error = ${error}, last_ms = ${ms}, tries_left = CASE WHEN ${nextInMs}::float8 IS NULL THEN 0 ELSE tries_left END,
        next_at = now() + ${nextInMs}::float8 * interval '1 ms',
        delivered_at = CASE WHEN ${state} = 'delivered' THEN now() END
      WHERE id = ${id}::text::uuid AND attempts = ${attempts} AND state = 'waiting' RETURNING id),
    off AS (
      UPDATE notification_targets SET active = false, off_reason = ${GONE}
      WHERE ${switchOff} AND id = ${targetId}::text::uuid AND address = ${address} AND EXISTS (SELECT FROM settled))
    SELECT id FROM settled`;
  return rows.length > 0;
}
