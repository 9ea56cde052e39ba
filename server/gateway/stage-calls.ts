import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { readDecision } from '#db/queries/mcp-approvals.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, parseTaskId, type RunId, type TaskId, toUuid } from '#server/domain/ids.ts';
import { canonicalJson, type JsonObject } from '#server/domain/json.ts';
import type { Progress } from '#server/domain/mcp.ts';
import { despiteOutages } from '#server/platform/despite-outages.ts';
import { type AwaitedApproval, awaitedApproval, KEEP_SECONDS } from './calls/approvals.ts';
import type { CallAnswer } from './calls/request.ts';
import type { McpGateway, NamedCall } from './gateway.ts';
import { createStageQuestions, type StageQuestionOptions, type StageQuestions } from './stage-questions.ts';
import { createStandBy, type StandBy, type TellEngine } from './stand-by.ts';
import type { GatewayCaller } from './tenant/caller.ts';
import { gatewayName } from './tenant/directory.ts';

export interface StageCall {
  assignment: { runId: RunId; taskId: TaskId; stageKey: string; epoch: number };
  connection: string | undefined;
  server: string | undefined;
  tool: string;
  args: JsonObject;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  onAsked(why: string): void;
}

export interface StageCallOptions extends StageQuestionOptions {
  gateway: Pick<McpGateway, 'callTool' | 'ownerOfRun'>;
  sql: Sql;
  tellEngine: TellEngine;
  now(): number;
}

const AGENT = 'builtin-mcp-tool';
const LOOK_MS = 1000;

/** Calls for stages of runs. One in which people are asked something waits until they have said something. */
export function createStageCalls(options: StageCallOptions) {
  const { gateway, sql, tellEngine, now } = options;

  async function callerOf({ runId, taskId, stageKey }: StageCall['assignment']): Promise<GatewayCaller> {
    const owner = await gateway.ownerOfRun(runId);
    if (!owner) throw notFound('run', runId);
    const { orgUuid, pipelineUuid } = owner;
    return {
      ...{ orgId: fromUuid('org', orgUuid), kind: 'agent', id: AGENT, name: `stage ${stageKey}` },
      ...{ userUuid: null, role: null, makerRole: null, door: 'pipeline' },
      run: { runUuid: toUuid(runId), taskIndex: parseTaskId(taskId)?.index ?? 0, pipelineUuid, agent: AGENT },
    };
  }

  return async function call(work: StageCall): Promise<CallAnswer> {
    const { signal, onAsked } = work;
    const { runId, epoch, taskId } = work.assignment;
    const caller = await despiteOutages(() => callerOf(work.assignment), { signal });
    const { orgId } = caller;
    const taskIndex = parseTaskId(taskId)?.index ?? 0;
    const standBy = createStandBy({ tell: tellEngine, now }, { orgId, runId, task: taskIndex, epoch });
    const named = namedOf(work);
    const questions = createStageQuestions(options, {
      ...{ orgId, runUuid: toUuid(runId), taskIndex, epoch, signal, standBy, onAsked },
      callHash: hashOf(named),
    });
    try {
      return await callGranted(work, { caller, named, questions, standBy });
    } finally {
      await despiteOutages(questions.end, { signal });
    }
  };

  async function callGranted(
    { connection, server, tool, signal, onAsked }: StageCall,
    { caller, named, questions, standBy }: Prepared,
  ): Promise<CallAnswer> {
    const resumed = await despiteOutages(questions.resume, { signal });
    const { askable } = questions;
    for (;;) {
      try {
        return await gateway.callTool(caller, { ...named, askable, ...(resumed ? { resumed } : {}) });
      } catch (error) {
        const awaited = awaitedApproval(error);
        if (!awaited || awaited.isRefused) throw error;
        const { approvalId } = awaited;
        onAsked(`People are asked whether ${tool} may be called (${approvalId}).`);
        const blockers = [approvalId, connection ?? server ?? '', tool];
        const wait = { code: 'approval' as const, blockers, ids: [approvalId] };
        await standBy(wait, KEEP_SECONDS * 1000, () => decided(awaited, signal));
      }
    }
  }

  async function decided({ approvalId }: AwaitedApproval, signal: AbortSignal): Promise<void> {
    const look = () => readDecision(sql, toUuid(approvalId));
    do await sleep(LOOK_MS, undefined, { signal });
    while ((await despiteOutages(look, { signal })) === 'asked');
  }
}

interface Prepared {
  caller: GatewayCaller;
  named: NamedCall;
  questions: StageQuestions;
  standBy: StandBy;
}

const namedOf = ({ connection, server, tool, args, signal, onProgress }: StageCall): NamedCall => ({
  ...{ args, signal, onProgress },
  view: server === undefined ? { kind: 'all' } : { kind: 'server', slug: server },
  name: connection === undefined ? tool : gatewayName(connection, tool),
});

function hashOf({ view, name, args }: NamedCall): string {
  const call = JSON.stringify([view, name, canonicalJson(args)]);
  return createHash('sha256').update(call).digest('hex');
}
