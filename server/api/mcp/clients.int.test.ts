import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { prompts } from '../prompts/index.ts';
import { resources } from '../resources/index.ts';
import { writeUri } from '../resources/uri.ts';
import { tools } from '../tools/index.ts';

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  http = await startTestServer();
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

const info = { name: 'a-test', version: '1' };
const url = () => new URL(`${http.origin}/mcp`);
const withKey = (secret = http.secret) => ({
  requestInit: { headers: { authorization: `Bearer ${secret}` } },
});

async function connectNew(secret?: string): Promise<ClientV2> {
  const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new TransportV2(url(), withKey(secret)));
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
  return client;
}

async function connectOld(secret?: string): Promise<ClientV1> {
  const client = new ClientV1(info);
  await client.connect(new TransportV1(url(), withKey(secret)));
  return client;
}

/** What of them both kinds of client have alike. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string; outputSchema?: object; icons?: object[] }[] }>;
  callTool(call: { name: string; arguments?: object }, ...more: unknown[]): Promise<AnyResult>;
  close(): Promise<void>;
}
interface AnyResult {
  isError?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
  structuredContent?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  content: any;
}

const generations = [
  ['new', connectNew],
  ['old', connectOld],
] as unknown as [string, (secret?: string) => Promise<AnyClient>][];

const makePipeline = async (stage: object, more: object = {}): Promise<string> =>
  (
    await http.call('/api/v1/pipelines', {
      name: `stage ${Math.random()}`,
      stages: [{ name: 'only', ...stage }],
      ...more,
    })
  ).body.id;

describe.each(generations)('a client of the %s generation', (generation, connect) => {
  let client: AnyClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.close());
  const call = async (name: string, args: object = {}) => await client.callTool({ name, arguments: args });

  test('finds every tool, with schemas that stand alone, and each has a drawing', async () => {
    const { tools: listed } = await client.listTools();
    const ours = listed.map(({ name }) => name).filter((name) => !name.startsWith('pipe_'));
    expect(ours).toEqual(tools.map(({ name }) => name));
    for (const tool of listed) {
      expect(JSON.stringify(tool)).not.toContain('$ref');
      expect(tool.icons).toHaveLength(1);
    }
  });

  // The clients themselves hold each answer to the schema that the tool was listed with. What is used up is used once.
  const callable = tools.filter(({ needs }) => !needs.includes('agent.visit'));
  test.each(callable.filter(({ kind }) => generation === 'new' || kind === 'reads'))(
    'the example of $name is answered as its schema says',
    async ({ name, example }) => {
      const answer = await call(name, (await world.settle(example)) as object);
      expect(answer.isError, JSON.stringify(answer.content)).toBeFalsy();
      expect(JSON.parse(answer.content[0].text)).toEqual(answer.structuredContent);
    },
  );

  test('runs a pipeline, waits for it and is told how far it is, never backwards', async () => {
    const pipeline_id = await makePipeline({ type: 'echo' });
    const started = await call('pipeline_run', {
      pipeline_id,
      input: { a: 1 },
      idempotency_key: `${generation} once`,
    });
    const again = await call('pipeline_run', {
      pipeline_id,
      input: { a: 1 },
      idempotency_key: `${generation} once`,
    });
    const { run_id } = started.structuredContent;
    expect(again.structuredContent).toMatchObject({ run_id, is_new: false });
    const told: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => told.push(progress);
    const request = { name: 'run_wait', arguments: { run_id } };
    // The two libraries differ in where their options stand.
    const options = { onprogress };
    const waited = await (generation === 'new'
      ? client.callTool(request, options)
      : client.callTool(request, undefined, options));
    expect(waited.structuredContent).toMatchObject({
      ...{ run_id, status: 'succeeded', is_over: true, progress: 1 },
      stages: [{ state: 'succeeded', output: { a: 1 } }],
    });
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
  });

  test('is told when waiting was not long enough, and can call it off', async () => {
    const pipeline_id = await makePipeline({ type: 'sleep', config: { ms: 3_600_000 } });
    const { run_id } = (await call('pipeline_run', { pipeline_id })).structuredContent;
    const short = await call('run_wait', { run_id, timeout_seconds: 0 });
    expect(short.structuredContent).toMatchObject({ is_over: false, status: 'running' });
    const stop = new AbortController();
    const request = { name: 'run_wait', arguments: { run_id, timeout_seconds: 300 } };
    const options = { signal: stop.signal };
    const waiting =
      generation === 'new' ? client.callTool(request, options) : client.callTool(request, undefined, options);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    expect((await call('run_cancel', { run_id, grace_seconds: 0 })).structuredContent).toMatchObject({
      run_id,
    });
  });

  test('reads what is wrong with its input, and what to do, as a result', async () => {
    const answer = await call('pipeline_run', { pipeline_id: 'nonsense', other: 1 });
    expect(answer).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    expect(answer.content[0].text).toContain('pipe_');
    expect(answer.content[0].text).toMatch(/[^.]\. Correct the fields that are listed\.$/);
    const missing = await call('run_status', { run_id: `run_${'0'.repeat(32)}` });
    expect(missing.content[0].text).toContain('There is no run');
    await expect(call('no_such_tool')).rejects.toThrow('no_such_tool');
  });

  test('works as an agent with nothing but tools', async () => {
    const name = `worker ${generation}`;
    const { token } = (await http.call('/api/v1/agent-tokens', { agent: name })).body;
    const agent = await connect(token);
    const use = async (tool: string, args: object) => {
      const answer = await agent.callTool({ name: tool, arguments: args });
      expect(answer.isError, JSON.stringify(answer.content)).toBeFalsy();
      return answer.structuredContent;
    };
    const capability = `work-${generation}`;
    const visitor = await use('agent_register', { name, capabilities: [capability] });
    expect((await use('task_claim', { ...visitor, wait_seconds: 0 })).tasks).toEqual([]);
    const pipeline_id = await makePipeline({ type: capability });
    const { run_id } = (await call('pipeline_run', { pipeline_id, input: { question: 7 } }))
      .structuredContent;
    let claimed: { tasks: { lease: string; input: object; capability: string }[] } = { tasks: [] };
    while (claimed.tasks.length === 0) claimed = await use('task_claim', { ...visitor, wait_seconds: 20 });
    const [task] = claimed.tasks;
    expect(task).toMatchObject({ capability, input: { question: 7 } });
    expect(
      await use('task_heartbeat', { lease: task?.lease, progress: 0.5, note: 'half way' }),
    ).toMatchObject({ go_on: true });
    expect(await use('task_complete', { lease: task?.lease, output: { answer: 49 } })).toMatchObject({
      accepted: true,
    });
    const { stages } = (await call('run_wait', { run_id })).structuredContent;
    expect(stages).toMatchObject([{ state: 'succeeded', output: { answer: 49 } }]);

    // The lease has gone with the task: it counts no more, and says so.
    const late = await agent.callTool({
      name: 'task_fail',
      arguments: { lease: task?.lease, message: 'too late' },
    });
    expect([late.isError, late.content[0].text]).toEqual([
      ...[true, expect.stringMatching(/^The answer changed nothing\. [A-Z][^.]+\. Drop this task/)],
    ]);
    // It is an agent, and is shown nothing that it may not use.
    const shown = (await agent.listTools()).tools.map((tool) => tool.name);
    expect(shown).toEqual(expect.arrayContaining(['agent_register', 'task_claim', 'task_complete']));
    for (const other of ['pipelines_list', 'pipeline_run', 'run_status', 'agents_list'])
      expect(shown).not.toContain(other);
    await agent.close();
  });

  test('fails a task with a reason, and the run tells it', async () => {
    const [name, capability] = [`failer ${generation}`, `fail-${generation}`];
    const visitor = (await call('agent_register', { name, capabilities: [capability] })).structuredContent;
    await call('task_claim', { ...visitor, wait_seconds: 0 });
    const pipeline_id = await makePipeline({ type: capability });
    const { run_id } = (await call('pipeline_run', { pipeline_id })).structuredContent;
    let tasks: { lease: string }[] = [];
    while (tasks.length === 0) ({ tasks } = (await call('task_claim', { ...visitor })).structuredContent);
    await call('task_fail', {
      lease: tasks[0]?.lease,
      message: 'the source is empty',
      class: 'invalid-input',
    });
    expect((await call('run_wait', { run_id })).structuredContent).toMatchObject({
      status: 'failed',
      stages: [{ state: 'failed', error: { class: 'invalid-input', message: 'the source is empty' } }],
    });
  });

  test('runs a pipeline that is offered as a tool, by the fields of its own input', async () => {
    const toolName = `greet_${generation}`;
    const inputSchema = {
      type: 'object',
      properties: { who: { type: 'string', description: 'Whom to greet.' } },
      required: ['who'],
    };
    const id = await makePipeline(
      { type: 'echo' },
      { input_schema: inputSchema, description: 'Greets somebody.' },
    );
    const offer = (tool_name: string | null) =>
      http.call(`/api/v1/pipelines/${id}`, { tool_name }, { method: 'PATCH' });
    expect(await offer(toolName)).toMatchObject({ status: 200, body: { tool_name: toolName } });
    // A client may keep the list for a minute; one that comes new has none yet.
    const fresh = await connect();
    const listed = (await fresh.listTools()).tools.find((tool) => tool.name === `pipe_${toolName}`);
    await fresh.close();
    expect(listed).toMatchObject({ inputSchema, description: expect.stringContaining('Greets somebody.') });
    const answer = await call(`pipe_${toolName}`, { who: 'Ada' });
    expect(answer.structuredContent).toMatchObject({
      status: 'succeeded',
      stages: [{ output: { who: 'Ada' } }],
    });
    // Over plain HTTP it is the same tool.
    expect(await http.call(`/tools/pipe_${toolName}`, { who: 'Ada' })).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
    });
    const wrong = await call(`pipe_${toolName}`, { who: 7 });
    expect([wrong.isError, wrong.content[0].text]).toEqual([
      true,
      expect.stringContaining('does not fit the pipeline'),
    ]);
    await offer(null);
    await expect(call(`pipe_${toolName}`, { who: 'Ada' })).rejects.toThrow();
  });
});

describe('what is read by its URI', () => {
  const owner = () => ({ authorization: `Bearer ${http.secret}` });
  const ask = (method: string, params: Record<string, unknown> = {}) =>
    askMcp(http, { method, params, headers: owner() });

  test.each(resources)(
    '$template reads as its tool twin answers',
    async ({ template, example, name, mimeType }) => {
      const at = (await world.settle(example)) as Record<string, string>;
      const uri = writeUri(template, at);
      const { contents } = (await ask('resources/read', { uri })).body.result;
      expect(contents).toMatchObject([{ uri, mimeType }]);
      const twin = { 'agent-status': 'agent_status', 'task-state': 'task_status' }[name];
      if (twin === undefined) return;
      const { body } = await http.call(`/tools/${twin}`, at);
      expect(JSON.parse(contents[0].text)).toEqual(body);
    },
  );

  test('has its templates, lists what can be listed, and completes their variables', async () => {
    const agent = (await world.settle(
      resources.find(({ name }) => name === 'agent-status')?.example ?? {},
    )) as { agent_id: string };
    const { resourceTemplates } = (await ask('resources/templates/list')).body.result;
    expect(resourceTemplates.map(({ uriTemplate }: { uriTemplate: string }) => uriTemplate)).toEqual(
      resources.map(({ template }) => template),
    );
    const { resources: listed } = (await ask('resources/list')).body.result;
    expect(listed.map(({ uri }: { uri: string }) => uri)).toContain(`agents://${agent.agent_id}/status`);
    for (const { template, example, complete = {} } of resources) {
      const known = (await world.settle(example)) as Record<string, string>;
      for (const variable of Object.keys(complete)) {
        const values = async (value: string) => {
          const params = {
            ref: { type: 'ref/resource', uri: template },
            argument: { name: variable, value },
            context: { arguments: known },
          };
          return (await ask('completion/complete', params)).body.result.completion.values;
        };
        expect(await values(''), template).toContain(known[variable]);
        expect(await values('no such thing'), template).toEqual([]);
      }
    }
  });

  test('is cached by nobody but who asked: what is shown hangs on rights', async () => {
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list']) {
      expect((await ask(method)).body.result, method).toMatchObject({ cacheScope: 'private' });
    }
  });
});

test.each(prompts)('the prompt $name is written by its example', async ({ name, example }) => {
  const headers = { authorization: `Bearer ${http.secret}` };
  const args = (await world.settle(example)) as Record<string, string>;
  const { messages } = (
    await askMcp(http, { method: 'prompts/get', params: { name, arguments: args }, headers })
  ).body.result;
  const text: string = messages[0].content.text;
  for (const value of Object.values(args))
    expect(text).toContain(value.split(',')[0]?.slice(0, 20).replace(/^\{"/, ''));
  const named = text.match(/\b[a-z]+_[a-z]+\b/g) ?? [];
  const known = new Set(tools.map((tool) => tool.name));
  // Each tool that it speaks of is one.
  for (const word of named.filter(
    (one) => /^(pipelines?|run|task|agent)_/.test(one) && !/_(id|by)$/.test(one),
  )) {
    expect([...known, 'run_status', 'is_over'], word).toContain(word);
  }
});

test('a long output is shown by how it begins, and a long list goes on', async () => {
  const pipeline_id = await makePipeline({ type: 'echo' });
  const { body: run } = await http.call('/tools/pipeline_run', {
    pipeline_id,
    input: { text: 'x'.repeat(60_000) },
  });
  const { body } = await http.call('/tools/run_wait', { run_id: run.run_id });
  expect(body.stages[0].output).toMatchObject({ $shortened: true, begins: expect.any(String) });
  expect(JSON.stringify(body).length).toBeLessThan(40_000);
  const first = (await http.call('/tools/runs_list', { limit: 1 })).body;
  const second = (await http.call('/tools/runs_list', { limit: 1, cursor: first.next_cursor })).body;
  expect(first.runs[0].run_id).not.toBe(second.runs[0].run_id);
});
