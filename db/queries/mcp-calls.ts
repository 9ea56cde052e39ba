import type { CallDoor, CallOutcome } from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';

/** One call, as the log keeps it. */
export interface CallNote {
  id: string;
  orgUuid: string;
  connectionUuid: string;
  tool: string;
  door: CallDoor;
  callerKind: string;
  callerId: string;
  callerName: string;
  runUuid: string | null;
  outcome: CallOutcome;
  problem: string | null;
  ms: number;
  sentBytes: number;
  gotBytes: number;
  at: string;
}

/** Writes calls and adds them to the counts of their day, in one statement: both or neither. */
export async function writeCalls(sql: Sql, notes: readonly CallNote[]): Promise<void> {
  await sql`
    WITH given AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(notes)}::text::json) AS each (
        id uuid, "orgUuid" uuid, "connectionUuid" uuid, tool text, door text, "callerKind" text, "callerId" text,
        "callerName" text, "runUuid" uuid, outcome text, problem text, ms integer, "sentBytes" integer,
        "gotBytes" integer, at timestamptz)
    ), logged AS (
      INSERT INTO mcp_calls (id, org_id, connection_id, tool, door, caller_kind, caller_id, caller_name, run_id, outcome,
        problem, ms, sent_bytes, got_bytes, at)
      SELECT id, "orgUuid", "connectionUuid", tool, door, "callerKind", "callerId", "callerName", "runUuid", outcome,
        problem, ms, "sentBytes", "gotBytes", at
      FROM given ON CONFLICT (id) DO NOTHING
      RETURNING org_id, connection_id, tool, at, outcome, ms, got_bytes
    )
    INSERT INTO mcp_usage AS known (org_id, connection_id, tool, day, calls, tool_errors, faults, refusals, total_ms, max_ms,
      got_bytes, last_at)
    SELECT org_id, connection_id, tool, (at AT TIME ZONE 'UTC')::date, count(*),
      count(*) FILTER (WHERE outcome = 'tool-error'), count(*) FILTER (WHERE outcome = 'fault'),
      count(*) FILTER (WHERE outcome = 'refused'), coalesce(sum(ms) FILTER (WHERE outcome <> 'refused'), 0), max(ms),
      sum(got_bytes), max(at)
    FROM logged GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (org_id, connection_id, tool, day) DO UPDATE SET calls = known.calls + excluded.calls,
      tool_errors = known.tool_errors + excluded.tool_errors, faults = known.faults + excluded.faults,
      refusals = known.refusals + excluded.refusals, total_ms = known.total_ms + excluded.total_ms,
      max_ms = greatest(known.max_ms, excluded.max_ms), got_bytes = known.got_bytes + excluded.got_bytes,
      last_at = greatest(known.last_at, excluded.last_at)`;
}
