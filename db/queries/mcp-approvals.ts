import type { JsonObject } from '#server/domain/json.ts';
import type { ApprovalState, CallerNote } from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';

export interface AskedCall {
  /** For a new question. */
  id: string;
  orgUuid: string;
  connectionUuid: string;
  tool: string;
  arguments: JsonObject;
  callHash: string;
  caller: CallerNote;
  runUuid: string | null;
  taskIndex: number | null;
  keepSeconds: number;
}

export interface ApprovalNow {
  id: string;
  state: ApprovalState;
  reason: string | null;
}

/**
 * Uses up an approval for just this call if there is one; else answers with the question that is open or was refused,
 * or asks it. Of two callers at once only one uses a grant: the update takes the row.
 */
export async function takeOrAsk(sql: Sql, call: AskedCall): Promise<ApprovalNow> {
  const { orgUuid, callHash } = call;
  return sql.begin(async (tx): Promise<ApprovalNow> => {
    // One at a time for a call: without it two would ask the same question twice.
    await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`${orgUuid} ${callHash}`}, 0))`;
    const [known] = await tx<ApprovalNow[]>`
      SELECT replace(id::text, '-', '') AS id, state, reason FROM mcp_approvals
      WHERE org_id = ${orgUuid}::text::uuid AND call_hash = ${callHash} AND state <> 'used' AND expires_at > now()
      ORDER BY id DESC LIMIT 1`;
    if (known?.state === 'granted') {
      await tx`UPDATE mcp_approvals SET state = 'used' WHERE id = ${known.id}::text::uuid`;
      return { ...known, state: 'used' };
    }
    if (known) return known;
    await tx`
      INSERT INTO mcp_approvals (id, org_id, connection_id, tool, arguments, call_hash, caller, run_id, task_index, expires_at)
      VALUES (${call.id}::text::uuid, ${orgUuid}::text::uuid, ${call.connectionUuid}::text::uuid, ${call.tool},
        ${JSON.stringify(call.arguments)}::text::json, ${callHash}, ${JSON.stringify(call.caller)}::text::json, ${call.runUuid}::text::uuid,
        ${call.taskIndex}::int, now() + ${call.keepSeconds}::int * interval '1 second')`;
    return { id: call.id, state: 'asked', reason: null };
  });
}

/** It was taken for a call that was never sent. The row is this call's alone while it is used, so nobody else has it meanwhile. */
export async function giveBack(sql: Sql, approvalUuid: string): Promise<void> {
  await sql`UPDATE mcp_approvals SET state = 'granted' WHERE id = ${approvalUuid}::text::uuid AND state = 'used'`;
}

/** What people have said so far; null: the question is gone or has expired. */
export async function readDecision(sql: Sql, approvalUuid: string): Promise<ApprovalState | null> {
  const [row] = await sql<{ state: ApprovalState }[]>`
    SELECT state FROM mcp_approvals WHERE id = ${approvalUuid}::text::uuid AND expires_at > now()`;
  return row?.state ?? null;
}
