import { sql } from 'drizzle-orm';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import type { Holding } from '#server/domain/workspace/conflict.ts';
import { toSqlPattern } from '#server/domain/workspace/glob.ts';
import { toArrayLiteral } from '../columns.ts';
import type { TenantTransaction } from '../tenant.ts';
import { handAlive, type Place, type Writer } from './workspace-enter.ts';
import { holdingOf, type LeaseProof } from './workspace-write.ts';

/** Claims of one workspace. All of this comes after `enterWorkspace`: a claim that is renewed while another looks at it would be two. */
export interface Lease extends Holding {
  token: number;
}

interface LeaseRow extends Record<string, unknown> {
  id: string;
  holder: string;
  name: string;
  patterns: string[] | string;
  token: string;
  taken_at: string;
  expires_at: string;
}

const COLUMNS = sql`id, holder, name, to_json(patterns) AS patterns, token, taken_at, expires_at`;

function toLease(row: LeaseRow): Lease {
  return {
    leaseId: row.id,
    holder: row.holder,
    name: row.name,
    patterns: row.patterns as string[],
    token: Number(row.token),
    since: new Date(row.taken_at),
    until: new Date(row.expires_at),
  };
}

/** All that hold now. */
export async function listHeld(tx: TenantTransaction, runId: RunId): Promise<Lease[]> {
  const rows = await tx.execute<LeaseRow>(sql`SELECT ${COLUMNS} FROM workspace_leases l
    WHERE org_id = (SELECT current_org()) AND run_id = ${toUuid(runId)}::text::uuid AND ended_at IS NULL AND expires_at > clock_timestamp()
      AND ${handAlive('l')} ORDER BY seq, id`);
  return [...rows].map(toLease);
}

/** Who holds this path, if anybody. */
export async function findHolding(tx: TenantTransaction, runId: RunId, path: string): Promise<Lease | null> {
  const [row] = await tx.execute<LeaseRow>(
    sql`SELECT ${COLUMNS} FROM (${holdingOf(toUuid(runId), path)}) AS held ORDER BY seq LIMIT 1`,
  );
  return row ? toLease(row) : null;
}

/** With a fencing token higher than any that this workspace has given. */
export async function addLease(
  tx: TenantTransaction,
  { runId, orgId }: Place,
  {
    id,
    seq,
    writer,
    patterns,
    ttlMs,
  }: {
    id: string;
    seq: number;
    writer: Writer;
    patterns: readonly string[];
    ttlMs: number;
  },
): Promise<Lease> {
  const [run, org] = [sql`${toUuid(runId)}::text::uuid`, sql`${toUuid(orgId)}::text::uuid`];
  const [row] = await tx.execute<LeaseRow>(sql`
    WITH numbered AS (UPDATE workspaces SET token = token + 1 WHERE run_id = ${run} RETURNING token)
    INSERT INTO workspace_leases (id, run_id, org_id, holder, name, patterns, matchers, token, task_index, epoch, seq,
      taken_at, expires_at)
    SELECT ${id}::text::uuid, ${run}, ${org}, ${writer.holder}, ${writer.name},
      ${toArrayLiteral(patterns)}::text::text[], ${toArrayLiteral(patterns.map(toSqlPattern))}::text::text[], token,
      ${writer.hand?.index ?? null}::text::int, ${writer.hand?.epoch ?? null}::text::int, ${seq}::text::bigint,
      clock_timestamp(), clock_timestamp() + ${ttlMs}::text::float8 * interval '1 ms'
    FROM numbered RETURNING ${COLUMNS}`);
  return toLease(row as LeaseRow);
}

const proven = (runId: RunId, { id, token }: LeaseProof, holder: string) => sql`
  l.run_id = ${toUuid(runId)}::text::uuid AND l.id = ${id}::text::uuid AND l.token = ${token}::text::bigint
  AND l.holder = ${holder} AND l.ended_at IS NULL AND l.expires_at > clock_timestamp() AND ${handAlive('l')}`;

/** Null: it does not hold any more, or is not this holder's. */
export async function renewLease(
  tx: TenantTransaction,
  runId: RunId,
  { proof, holder, ttlMs }: { proof: LeaseProof; holder: string; ttlMs: number },
): Promise<Lease | null> {
  const [row] = await tx.execute<LeaseRow>(sql`UPDATE workspace_leases l
    SET expires_at = clock_timestamp() + ${ttlMs}::text::float8 * interval '1 ms'
    WHERE ${proven(runId, proof, holder)} RETURNING ${COLUMNS}`);
  return row ? toLease(row) : null;
}

export async function endLease(
  tx: TenantTransaction,
  runId: RunId,
  { proof, holder, seq }: { proof: LeaseProof; holder: string; seq: number },
): Promise<boolean> {
  const rows = await tx.execute(sql`UPDATE workspace_leases l
    SET ended_at = clock_timestamp(), ended_seq = ${seq}::text::bigint
    WHERE ${proven(runId, proof, holder)} RETURNING 1`);
  return rows.length > 0;
}

/** Whether it was once this holder's. */
export async function isOwnLease(
  tx: TenantTransaction,
  runId: RunId,
  { proof, holder }: { proof: LeaseProof; holder: string },
): Promise<boolean> {
  const rows = await tx.execute(sql`SELECT 1 FROM workspace_leases
    WHERE org_id = (SELECT current_org()) AND run_id = ${toUuid(runId)}::text::uuid AND id = ${proof.id}::text::uuid
      AND token = ${proof.token}::text::bigint AND holder = ${holder}`);
  return rows.length > 0;
}

/** All that a holder has, as it leaves. */
export async function endLeasesOf(
  tx: TenantTransaction,
  runId: RunId,
  { holder, seq }: { holder: string; seq: number },
): Promise<number> {
  const rows =
    await tx.execute(sql`UPDATE workspace_leases SET ended_at = clock_timestamp(), ended_seq = ${seq}::text::bigint
    WHERE org_id = (SELECT current_org()) AND run_id = ${toUuid(runId)}::text::uuid AND holder = ${holder} AND ended_at IS NULL
      AND expires_at > clock_timestamp() RETURNING 1`);
  return rows.length;
}

/** By somebody who does not hold it. Null: there is none that has not ended. */
export async function takeLeaseAway(
  tx: TenantTransaction,
  runId: RunId,
  { id, by, reason, seq }: { id: string; by: string; reason: string; seq: number },
): Promise<Lease | null> {
  const [row] = await tx.execute<LeaseRow>(sql`UPDATE workspace_leases l
    SET ended_at = clock_timestamp(), ended_seq = ${seq}::text::bigint, ended_by = ${by}, end_reason = ${reason}
    WHERE org_id = (SELECT current_org()) AND run_id = ${toUuid(runId)}::text::uuid AND id = ${id}::text::uuid AND ended_at IS NULL
      AND expires_at > clock_timestamp() RETURNING ${COLUMNS}`);
  return row ? toLease(row) : null;
}

/** Why a claim that somebody shows is of no use to them. */
export async function explainLease(
  tx: TenantTransaction,
  runId: RunId,
  { proof, holder, path }: { proof: LeaseProof; holder: string; path: string | null },
): Promise<string> {
  const [row] = await tx.execute<{
    holder: string;
    token: string;
    ended_by: string | null;
    end_reason: string | null;
    ended: boolean;
    expired: boolean;
    alive: boolean;
    covers: boolean;
  }>(sql`SELECT holder, token, ended_by, end_reason, ended_at IS NOT NULL AS ended, expires_at <= clock_timestamp() AS expired,
      ${handAlive('l')} AS alive, ${path}::text IS NULL OR ${path}::text ~ ANY (matchers) AS covers
    FROM workspace_leases l WHERE org_id = (SELECT current_org()) AND run_id = ${toUuid(runId)}::text::uuid AND id = ${proof.id}::text::uuid`);
  if (!row || row.holder !== holder) return 'there is no such claim of yours';
  if (Number(row.token) !== proof.token) return 'the fencing token is not that of the claim';
  if (row.ended_by !== null) return `the claim was taken away by ${row.ended_by} (${row.end_reason})`;
  if (row.ended) return 'the claim was released';
  if (row.expired) return 'the time of the claim was over';
  if (!row.alive) return 'the task that the claim was made for has gone to another hand-out or is over';
  return row.covers ? 'the claim does not hold' : 'the claim is of other files';
}
