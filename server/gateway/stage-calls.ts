import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { readDecision } from '#db/queries/mcp-approvals.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, parseTaskId, type RunId, type TaskId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { Progress } from '#server/domain/mcp.ts';
import { awaitedApproval } from './calls/approvals.ts';
import type { CallAnswer } from './calls/request.ts';
import type { McpGateway } from './gateway.ts';
import type { GatewayCaller } from './tenant/caller.ts';
import { gatewayName } from './tenant/directory.ts';

export interface StageCall {
  assignment: { runId: RunId; taskId: TaskId; stageKey: string };
  connection: string | undefined;
  server: string | undefined;
  tool: string;
  args: JsonObject;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  onAsked(approvalId: string): void;
}

const AGENT = 'builtin-mcp-tool';
const LOOK_MS = 1000;

/** Calls for stages of runs. One that people are asked about waits until they have said something. */
export function createStageCalls(gateway: McpGateway, sql: Sql) {
  async function callerOf({ runId, taskId, stageKey }: StageCall['assignment']): Promise<GatewayCaller> {
    const owner = await gateway.ownerOfRun(runId);
    if (!owner) throw notFound('run', runId);
    const { orgUuid, pipelineUuid } = owner;
    return {
      ...{ orgId: fromUuid('org', orgUuid), kind: 'agent', id: AGENT, name: `stage ${stageKey}` },
      ...{ userUuid: null, role: null, door: 'pipeline' },
      run: { runUuid: toUuid(runId), taskIndex: parseTaskId(taskId)?.index ?? 0, pipelineUuid, agent: AGENT },
    };
  }

  return async function call(work: StageCall): Promise<CallAnswer> {
    const { connection, server, tool, args, signal, onProgress } = work;
    const caller = await callerOf(work.assignment);
    const named = {
      ...{ args, signal, onProgress },
      view: server === undefined ? ({ kind: 'all' } as const) : ({ kind: 'server', slug: server } as const),
      name: connection === undefined ? tool : gatewayName(connection, tool),
    };
    for (;;) {
      try {
        return await gateway.callTool(caller, named);
      } catch (error) {
        const awaited = awaitedApproval(error);
        if (!awaited || awaited.isRefused) throw error;
        work.onAsked(awaited.approvalId);
        await decided(toUuid(awaited.approvalId), signal);
      }
    }
  };

  async function decided(approvalUuid: string, signal: AbortSignal): Promise<void> {
    do await sleep(LOOK_MS, undefined, { signal });
    while ((await readDecision(sql, approvalUuid)) === 'asked');
  }
}
