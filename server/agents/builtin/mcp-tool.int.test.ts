import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
let upstream: TestUpstream;
let connection: string;
beforeAll(async () => {
  rig = await startMcpRig();
  upstream = await startUpstream([
    echoTool('ask'),
    tool('fail', () => ({ ...text('It cannot be done.'), isError: true })),
    tool('sum', (args) => ({ ...text('5'), structuredContent: { sum: 5, args } })),
  ]);
  connection = await rig.join({ slug: 'wiki', url: upstream.url });
}, 120_000);
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

let count = 0;
async function start(config: object, input: object, more: object = {}) {
  const stages = [{ name: 'look up', type: 'mcp-tool', config, retry: { maxAttempts: 1 }, ...more }];
  const pipeline = (await rig.http.call('/api/v1/pipelines', { name: `calls ${++count}`, stages })).body;
  const run = (await rig.http.call(`/api/v1/pipelines/${pipeline.id}/execute`, { input_data: input })).body;
  return { runId: run.id as string, pipelineId: pipeline.id as string };
}
const ended = (id: string) =>
  until('the run has ended', async () => {
    const { body } = await rig.http.call(`/api/v1/runs/${id}`);
    return body.finished_at ? body : null;
  });
const outputOf = async (id: string) => {
  const run = await ended(id);
  const { body } = await rig.http.call(`/api/v1/tasks/${run.stages[0].task_id}`);
  return { run, output: body.output, error: body.error };
};

describe('a stage that calls a tool of an MCP server', () => {
  test('gives it the input, and hands on what it answers', async () => {
    const { runId } = await start({ connection: 'wiki', tool: 'ask' }, { question: 'Why?' });
    const { output } = await outputOf(runId);
    expect(output).toMatchObject({ text: '{"question":"Why?"}', structured: null });
    const { calls } = await rig.ask(`/log?run_id=${runId}`);
    expect(calls).toMatchObject([{ door: 'pipeline', outcome: 'answered', tool: 'ask', run_id: runId }]);
  });

  test('makes the arguments of what its config says and of values of the input', async () => {
    const config = { connection: 'wiki', tool: 'sum', arguments: { a: { $input: 'numbers.first' }, b: 3 } };
    const { runId } = await start(config, { numbers: { first: 2 } });
    expect((await outputOf(runId)).output).toMatchObject({ structured: { sum: 5, args: { a: 2, b: 3 } } });
  });

  test.each([
    ['fail', {}, 'TOOL_ERROR', 'It cannot be done.'],
    ['nothing', {}, 'MCP_INVALID', 'There is no tool'],
    ['ask', { arguments: { question: { $input: 'not.there' } } }, 'NO_ARGUMENTS', 'nothing at "not.there"'],
  ])('fails with words that say why: %s', async (name, more, code, words) => {
    const { runId } = await start({ connection: 'wiki', tool: name, ...more }, {});
    const { error } = await outputOf(runId);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('is bound by rules about its pipeline', async () => {
    const { runId, pipelineId } = await start({ connection: 'wiki', tool: 'ask' }, { question: '1' });
    expect((await ended(runId)).status).toBe('succeeded');
    const rule = await rig.ask('/rules', {
      ...{ effect: 'deny', who: { kind: 'pipeline', subject: pipelineId }, connection_id: connection },
    });
    const again = (
      await rig.http.call(`/api/v1/pipelines/${pipelineId}/execute`, { input_data: { question: '2' } })
    ).body;
    const { error } = await outputOf(again.id);
    expect(error).toMatchObject({
      code: 'MCP_FORBIDDEN',
      message: expect.stringContaining('A rule forbids'),
    });
    await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
  });

  test.each([
    [true, 'succeeded'],
    [false, 'failed'],
  ])(
    'waits for people where a rule asks them, and goes on when they have said %s',
    async (granted, status) => {
      const rule = await rig.ask('/rules', {
        ...{
          effect: 'ask',
          who: { kind: 'agent', subject: 'builtin-mcp-tool' },
          connection_id: connection,
          tool: 'a*',
        },
      });
      const { runId } = await start({ connection: 'wiki', tool: 'ask' }, { question: `granted: ${granted}` });
      const asked = await until('people are asked', async () => {
        const { approvals } = await rig.ask(`/approvals?state=asked&run_id=${runId}`);
        return approvals[0];
      });
      expect(asked).toMatchObject({
        tool: 'ask',
        run_id: runId,
        arguments: { question: `granted: ${granted}` },
      });
      await rig.ask(`/approvals/${asked.id}/decide`, { granted, reason: 'As agreed.' });
      const { run, error } = await outputOf(runId);
      expect(run.status).toBe(status);
      if (!granted) expect(error.message).toContain('As agreed.');
      await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
    },
  );
});
