import { sql } from 'drizzle-orm';
import { type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import { isTaskOut, type RunStatus, TASK_STATUSES } from '#server/domain/statuses.ts';
import type { TenantTransaction } from '../tenant.ts';

/** Who does it. */
export interface Writer {
  /** Equal for what is to be taken for one and the same. */
  holder: string;
  /** For people. */
  name: string;
  /** The stage whose work it is, and the hand-out of it; null: somebody from outside the run. */
  hand: { stageKey: string; index: number; epoch: number } | null;
}

export interface Place {
  runId: RunId;
  orgId: OrgId;
}

export interface Entered {
  status: RunStatus;
  /** Number of what is about to happen. */
  seq: number;
  /** False: the task has gone to another hand-out, or is over. */
  isHandAlive: boolean;
}

export const OUT = `{${TASK_STATUSES.filter(isTaskOut).join(',')}}`;

/** That the hand-out of a row (a claim, a collaborator) is the current one of its task, or that it has none. */
export const handAlive = (alias: string) => sql`(${sql.raw(alias)}.task_index IS NULL OR EXISTS (
  SELECT FROM tasks t WHERE t.run_id = ${sql.raw(alias)}.run_id AND t.idx = ${sql.raw(alias)}.task_index
    AND t.epoch = ${sql.raw(alias)}.epoch AND t.status = ANY (${OUT}::text::task_status[])))`;

/**
 * Begins a change: makes the workspace if it is the first, and locks its row until the transaction ends. So all changes
 * of one workspace come one after the other, and each sees what the ones before it did; those of different workspaces
 * never wait for each other. Whoever changes something is a collaborator from then on. Null: there is no such run.
 */
export async function enterWorkspace(
  tx: TenantTransaction,
  { runId, orgId }: Place,
  { holder, name, hand }: Writer,
): Promise<Entered | null> {
  const run = sql`${toUuid(runId)}::text::uuid`;
  const org = sql`${toUuid(orgId)}::text::uuid`;
  const [index, epoch] = [sql`${hand?.index ?? null}::text::int`, sql`${hand?.epoch ?? null}::text::int`];
  const [row] = await tx.execute<{ status: RunStatus; seq: string; alive: boolean }>(sql`
    WITH run AS (SELECT status FROM runs WHERE id = ${run} AND org_id = ${org}),
    entered AS (
      INSERT INTO workspaces AS w (run_id, org_id, seq) SELECT ${run}, ${org}, 1 FROM run
      ON CONFLICT (run_id) DO UPDATE SET seq = w.seq + 1 RETURNING w.seq),
    me AS (
      INSERT INTO workspace_collaborators AS c
        (run_id, holder, org_id, name, task_index, epoch, joined_at, seen_at)
      SELECT ${run}, ${holder}, ${org}, ${name}, ${index}, ${epoch}, clock_timestamp(), clock_timestamp() FROM entered
      ON CONFLICT (run_id, holder) DO UPDATE SET name = excluded.name, task_index = excluded.task_index,
        epoch = excluded.epoch, seen_at = clock_timestamp(), left_at = NULL)
    SELECT status, seq, ${index} IS NULL OR EXISTS (
      SELECT FROM tasks t WHERE t.run_id = ${run} AND t.idx = ${index} AND t.epoch = ${epoch}
        AND t.status = ANY (${OUT}::text::task_status[])) AS alive
    FROM run, entered`);
  return row ? { status: row.status, seq: Number(row.seq), isHandAlive: row.alive } : null;
}

/** Charges the workspace for what it keeps. False: it has no room for it. */
export async function chargeWorkspace(
  tx: TenantTransaction,
  { runId }: Pick<Place, 'runId'>,
  { bytes, maxBytes }: { bytes: number; maxBytes: number },
): Promise<boolean> {
  const rows = await tx.execute(sql`UPDATE workspaces SET bytes = bytes + ${bytes}::text::bigint
    WHERE run_id = ${toUuid(runId)}::text::uuid AND org_id = (SELECT current_org())
      AND bytes + ${bytes}::text::bigint <= ${maxBytes}::text::bigint RETURNING 1`);
  return rows.length > 0;
}
