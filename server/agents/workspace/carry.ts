import { sql } from 'drizzle-orm';
import { type DoorDatabase, inTenant, type TenantTransaction } from '#db/tenant.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import { type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import { ENTRY_BYTES } from '#server/domain/workspace/limits.ts';
import { filesBefore, type KeptStage } from './boundary.ts';

/** What a replay brings over: the files as they stood before the stages that it does again. */
export interface CarryOrder {
  from: RunId;
  to: RunId;
  orgId: OrgId;
  /** Stages that are not done again, by their keys and by their places in the run they are taken from. */
  kept: readonly KeptStage[];
}

export interface Carry {
  /** Before the run is born, as all that a run needs is: its first stage finds its files. */
  carry(order: CarryOrder): Promise<void>;
  /** For a run that was not to be. */
  forgetUnborn(orgId: OrgId, runId: RunId): Promise<void>;
}

export interface CarryOptions {
  db: DoorDatabase;
  payloads: Pick<Payloads, 'remember'>;
}

export function createCarry({ db, payloads }: CarryOptions): Carry {
  return {
    async carry(order) {
      const large = await inTenant(db, order.orgId, (tx) => findLarge(tx, order));
      // Before anything refers to it, so that nothing ever refers to what may be collected.
      const owner = { runId: order.to, orgId: order.orgId };
      const contentType = 'application/octet-stream';
      await payloads.remember(
        owner,
        large.map(({ hash, bytes }) => ({ $object: hash, bytes, contentType })),
      );
      await inTenant(db, order.orgId, (tx) => copy(tx, order));
    },
    async forgetUnborn(orgId, runId) {
      const id = toUuid(runId);
      await inTenant(db, orgId, (tx) =>
        tx.execute(sql`DELETE FROM workspaces WHERE run_id = ${id}::text::uuid AND org_id = (SELECT current_org())
          AND NOT EXISTS (SELECT FROM runs WHERE id = ${id}::text::uuid)`),
      );
    },
  };
}

async function findLarge(
  tx: TenantTransaction,
  order: CarryOrder,
): Promise<{ hash: string; bytes: number }[]> {
  const rows = await tx.execute<{ hash: string; bytes: number }>(sql`
    SELECT DISTINCT b.hash, b.bytes FROM workspace_blobs b JOIN (${filesBefore(order)}) AS p USING (run_id, hash)
    WHERE b.content IS NULL`);
  return [...rows];
}

async function copy(tx: TenantTransaction, order: CarryOrder): Promise<void> {
  const [to, org] = [sql`${toUuid(order.to)}::text::uuid`, sql`${toUuid(order.orgId)}::text::uuid`];
  await tx.execute(sql`
    WITH picked AS MATERIALIZED (${filesBefore(order)}),
    made AS (
      INSERT INTO workspaces (run_id, org_id, seq, files, bytes)
      SELECT ${to}, ${org}, 1, count(*), sum(bytes + ${ENTRY_BYTES}::text::int) FROM picked HAVING count(*) > 0 RETURNING run_id),
    contents AS (
      INSERT INTO workspace_blobs (run_id, hash, org_id, bytes, content)
      SELECT DISTINCT ON (b.hash) made.run_id, b.hash, b.org_id, b.bytes, b.content
      FROM made, picked p JOIN workspace_blobs b ON b.run_id = p.run_id AND b.hash = p.hash),
    history AS (
      INSERT INTO workspace_versions (run_id, path, version, org_id, seq, kind, hash, bytes, is_text, note, holder,
        changed_by, stage_key, at)
      SELECT made.run_id, path, 1, org_id, 1, 'carried', hash, bytes, is_text, note, holder, changed_by, stage_key, at
      FROM made, picked)
    INSERT INTO workspace_files (run_id, path, org_id, version, hash, bytes, is_text, changed_by, changed_at)
    SELECT made.run_id, path, org_id, 1, hash, bytes, is_text, changed_by, at FROM made, picked`);
}
