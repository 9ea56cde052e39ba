import { createHash } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import { giveBack, takeOrAsk } from '#db/queries/mcp-approvals.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { type McpApprovalId, makeId, toUuid } from '#server/domain/ids.ts';
import { canonicalJson } from '#server/domain/json.ts';
import { rateSubject } from '../tenant/caller.ts';
import type { CallRequest } from './request.ts';

/** Calls that a rule asks people about. */
export interface Approvals {
  /** Throws unless people have granted just this call, and uses the grant up. Answers with what names it. */
  check(request: Pick<CallRequest, 'caller' | 'tool' | 'args'>): Promise<string>;
  /** Nothing was sent. */
  giveBack(grant: string): Promise<void>;
}

/** What stands in the error of a call that waits for people, for whoever waits with it. */
export interface AwaitedApproval {
  approvalId: McpApprovalId;
  isRefused: boolean;
}

/** So long people may think, whether a rule or a server asks them. */
export const KEEP_SECONDS = 86_400;

export function createApprovals({ sql, newUuid }: { sql: Sql; newUuid(): string }): Approvals {
  return {
    async check({ caller, tool: { connection, row }, args }) {
      const { run } = caller;
      const who = run === null ? rateSubject(caller) : `task:${run.runUuid}:${run.taskIndex}`;
      // The definition too: what was granted for a tool is not granted for what it becomes.
      const call = JSON.stringify([who, connection.id, row.name, row.pinnedHash, canonicalJson(args)]);
      const now = await takeOrAsk(sql, {
        id: newUuid().replaceAll('-', ''),
        orgUuid: toUuid(caller.orgId),
        connectionUuid: connection.id,
        tool: row.name,
        arguments: args,
        callHash: createHash('sha256').update(call).digest('hex'),
        caller: { kind: caller.kind, id: caller.id, name: caller.name },
        runUuid: run?.runUuid ?? null,
        taskIndex: run?.taskIndex ?? null,
        keepSeconds: KEEP_SECONDS,
      });
      if (now.state === 'used') return now.id;
      throw awaited(makeId('mcpApproval', now.id), now.state === 'refused' ? (now.reason ?? '') : null);
    },
    giveBack: (grant) => giveBack(sql, grant),
  };
}

function awaited(approvalId: McpApprovalId, refusal: string | null): SignalboxError {
  const details: AwaitedApproval = { approvalId, isRefused: refusal !== null };
  if (refusal === null) {
    return new SignalboxError('FORBIDDEN', `This call waits for people to approve it (${approvalId}).`, {
      advice: 'Make the same call again once it is granted.',
      details,
    });
  }
  const why = refusal === '' ? '' : ` Their reason: ${refusal}`;
  return new SignalboxError('FORBIDDEN', `People have refused this call (${approvalId}).${why}`, { details });
}

export function awaitedApproval(error: unknown): AwaitedApproval | null {
  const details = error instanceof SignalboxError ? error.details : null;
  return typeof details === 'object' && details !== null && 'approvalId' in details
    ? (details as AwaitedApproval)
    : null;
}
