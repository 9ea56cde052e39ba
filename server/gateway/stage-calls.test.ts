import { expect, test, vi } from 'vitest';
import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { makeId, type RunId, taskId } from '#server/domain/ids.ts';
import { createStageCalls, type StageCallOptions } from './stage-calls.ts';

const runId: RunId = makeId('run', '2'.padStart(32, '0'));
const approvalId = makeId('mcpApproval', '3'.padStart(32, '0'));
const answer = { content: [] };

/** A database whose every second statement meets a restart. */
function flickering(decisions: string[]): Sql {
  let asked = 0;
  return (async (text: TemplateStringsArray) => {
    asked += 1;
    if (asked % 2 === 1) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
    return text.join('').includes('mcp_approvals') ? [{ state: decisions.shift() }] : [];
  }) as unknown as Sql;
}

test('a stage that waits for people outlives the restarts of the database meanwhile', async () => {
  const waits = new SignalboxError('FORBIDDEN', 'waits', { details: { approvalId, isRefused: false } });
  const callTool = vi.fn().mockRejectedValueOnce(waits).mockResolvedValue(answer);
  const ownerOfRun = vi
    .fn()
    .mockRejectedValueOnce(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    .mockResolvedValue({ orgUuid: '1'.padStart(32, '0'), pipelineUuid: null });
  const call = createStageCalls({
    ...{
      gateway: { callTool, ownerOfRun },
      sql: flickering(['asked', 'granted']),
      tellEngine: async () => null,
    },
    ...{ now: Date.now, notes: {}, newUuid: () => '' },
  } as unknown as StageCallOptions);
  const asked = vi.fn();
  const said = await call({
    assignment: { runId, taskId: taskId(runId, 0), stageKey: 'ask', epoch: 1 },
    ...{ connection: 'far', server: undefined, tool: 'do', args: {}, signal: new AbortController().signal },
    ...{ onProgress: () => undefined, onAsked: asked },
  });
  expect(said).toBe(answer);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(callTool).toHaveBeenCalledTimes(2);
});
