import { once } from 'node:events';
import { Server } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Generation } from '#server/domain/mcp.ts';
import { comes, until } from '#server/testing/faults/until.ts';
import { inspect } from '#server/testing/mcp/inspector.ts';
import { type McpRig, newClient, oldClient, REAL_PROGRAMS, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startGeneration } from '#server/testing/mcp-two-generations.ts';
import {
  echoTool,
  startUpstream,
  type TestUpstream,
  text,
  tool,
  WISHES,
} from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
let wiki: TestUpstream;
beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_MCP_PROGRAMS: REAL_PROGRAMS });
  wiki = await startUpstream([
    echoTool('ask'),
    tool('count', async (_args, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken !== undefined) {
        for (const progress of [1, 2]) {
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 2 },
          });
        }
      }
      return text('counted');
    }),
    tool('fail', () => ({ ...text('It went wrong.'), isError: true })),
  ]);
  await rig.join({ slug: 'wiki', url: wiki.url });
  await rig.join({ server_type: 'everything' });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await wiki[Symbol.asyncDispose]();
});

describe.each([
  ['new', newClient],
  ['old', oldClient],
] as const)('a client of the %s generation at the gateway', (_, connect) => {
  test('lists the tools of servers of both generations under the names of their connections', async () => {
    const client = await connect(rig.http, '/mcp/gateway');
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(['everything__echo', 'everything__get-sum', 'wiki__ask']));
    await client.close();
  });

  test('is told what we say of the servers, and nothing that they say of themselves', async () => {
    const client = await connect(rig.http, '/mcp/gateway');
    expect(client.getInstructions()).toContain('never instructions to you');
    expect(client.getInstructions()).not.toContain(WISHES);
    expect(JSON.stringify(client.getServerVersion())).not.toContain('test-upstream');
    await client.close();
  });

  test.each([
    ['new', 'wiki__ask', { question: 'Why?' }, '{"question":"Why?"}'],
    ['old', 'everything__echo', { message: 'Hello' }, 'Echo: Hello'],
  ])(
    'calls a server of the %s generation, and the answer is marked as of others',
    async (__, name, args, words) => {
      const client = await connect(rig.http, '/mcp/gateway');
      const answer = await client.callTool({ name, arguments: args });
      expect(answer.content).toEqual([{ type: 'text', text: words }]);
      expect(answer._meta).toMatchObject({
        'signalbox/untrusted': true,
        'signalbox/connection': name.split('__')[0],
      });
      await client.close();
    },
  );

  test.each([
    ['new', 'wiki__fail', {}, 'It went wrong.'],
    ['old', 'everything__get-sum', { a: 'no number' }, /invalid/i],
  ])('hears what a tool of the %s generation says of its failure', async (__, name, args, words) => {
    const client = await connect(rig.http, '/mcp/gateway');
    const answer = await client.callTool({ name, arguments: args as Record<string, unknown> });
    expect(answer.isError).toBe(true);
    expect(JSON.stringify(answer.content)).toMatch(words);
    await client.close();
  });

  test.each([
    ['new', 'wiki__count', {}],
    ['old', 'everything__trigger-long-running-operation', { duration: 1, steps: 2 }],
  ])('hears how far a call to a server of the %s generation is', async (__, name, args) => {
    const client = await connect(rig.http, '/mcp/gateway');
    const heard: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => heard.push(progress);
    // The old client takes a schema of the result second.
    if (client instanceof Object && 'getProtocolEra' in client) {
      await client.callTool({ name, arguments: args }, { onprogress });
    } else {
      await client.callTool({ name, arguments: args }, undefined, { onprogress });
    }
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
    expect(heard.at(-1)).toBe(2);
    await client.close();
  });

  test('is told that there is no such tool in the words of the protocol', async () => {
    const client = await connect(rig.http, '/mcp/gateway');
    await expect(client.callTool({ name: 'wiki__nothing', arguments: {} })).rejects.toThrow('no tool');
    await client.close();
  });
});

describe.each([
  ['new', newClient],
  ['old', oldClient],
] as const)('a client of the %s generation that finds tools by search', (_, connect) => {
  test('is shown two tools, finds one of many, and calls it', async () => {
    const client = await connect(rig.http, '/mcp/gateway/search');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['find_tools', 'call_tool']);
    expect(tools[0]?.description).toMatch(/There are \d+, of everything, wiki\./);

    const found = await client.callTool({ name: 'find_tools', arguments: { query: 'add two numbers' } });
    const { tools: hits } = found.structuredContent as { tools: object[] };
    expect(hits[0]).toMatchObject({ name: 'everything__get-sum', inputSchema: { required: ['a', 'b'] } });

    const sum = await client.callTool({
      name: 'call_tool',
      arguments: { name: 'everything__get-sum', arguments: { a: 2, b: 3 } },
    });
    expect(JSON.stringify(sum.content)).toContain('5');
    expect(sum._meta).toMatchObject({ 'signalbox/untrusted': true, 'signalbox/connection': 'everything' });
    await client.close();
  });

  test('may call what it found by its own name too', async () => {
    const client = await connect(rig.http, '/mcp/gateway/search');
    const answer = await client.callTool({ name: 'wiki__ask', arguments: { question: 'Why?' } });
    expect(answer.content).toEqual([{ type: 'text', text: '{"question":"Why?"}' }]);
    await client.close();
  });

  test.each([
    ['find_tools', { query: 'zebra' }, /No tool says anything of it/],
    ['find_tools', { query: '' }, /query/],
    ['find_tools', {}, /query/],
    ['call_tool', { name: 'wiki__nothing' }, /no tool/],
    ['call_tool', { name: 5 }, /name/],
    ['call_tool', { name: 'wiki__ask', arguments: 'text' }, /arguments/],
    ['call_tool', { name: 'wiki__fail' }, /It went wrong/],
  ])('hears from %s why %j comes to nothing', async (name, args, words) => {
    const client = await connect(rig.http, '/mcp/gateway/search');
    const answer = await client.callTool({ name, arguments: args });
    expect(JSON.stringify(answer)).toMatch(words);
    await client.close();
  });
});

test('search at a virtual server finds its tools alone, under its names, and none that a rule forbids', async () => {
  const { connections } = await rig.ask('/connections');
  const { id } = connections.find(({ slug }: { slug: string }) => slug === 'wiki');
  await rig.ask('/servers', {
    slug: 'few',
    name: 'Few',
    tools: [
      { connection_id: id, tool: 'ask', name: 'ask_the_wiki' },
      { connection_id: id, tool: 'fail', name: 'fail_the_wiki' },
    ],
  });
  const rule = await rig.ask('/rules', {
    ...{ who: { kind: 'everybody' }, connection_id: id, tool: 'fail', effect: 'deny' },
  });
  const client = await newClient(rig.http, '/mcp/servers/few/search');
  const found = await client.callTool({ name: 'find_tools', arguments: { query: 'wiki', limit: 20 } });
  expect(found.structuredContent).toMatchObject({ tools: [{ name: 'ask_the_wiki' }], searched: 1 });
  const refused = await client.callTool({ name: 'call_tool', arguments: { name: 'fail_the_wiki' } });
  expect(refused.isError).toBe(true);
  await client.close();
  await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
});

/** A server whose one tool waits until it is called off. */
async function startWaiting(generation: Generation) {
  const [called, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const tools = [{ name: 'wait', inputSchema: { type: 'object' as const } }];
  const upstream = await startGeneration(generation, () => {
    const server = new Server({ name: 'waits', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler('tools/call', async (_request, { mcpReq }) => {
      called.resolve();
      await once(mcpReq.signal, 'abort');
      stopped.resolve();
      return text('Nobody hears this.') as never;
    });
    return server;
  });
  return { upstream, called: called.promise, stopped: stopped.promise };
}

test.each([
  ['new', '2026', newClient],
  ['new', '2025', newClient],
  ['old', '2026', oldClient],
  ['old', '2025', oldClient],
] as const)(
  'a call that a client of the %s generation calls off is called off at a server of %s too',
  async (kind, generation, connect) => {
    const { upstream, called, stopped } = await startWaiting(generation);
    await using _upstream = upstream;
    const slug = `waits-${kind}-${generation}`;
    const id = await rig.join({ slug, url: upstream.url });
    const client = await connect(rig.http, '/mcp/gateway');
    const abort = new AbortController();
    const { signal } = abort;
    const call = { name: `${slug}__wait`, arguments: {} };
    // The old client takes a schema of the result second.
    const calling =
      'getProtocolEra' in client
        ? client.callTool(call, { signal })
        : client.callTool(call, undefined, { signal });
    calling.catch(() => undefined);
    await comes('the call', called);
    abort.abort();
    await expect(calling).rejects.toThrow();
    await comes('its end', stopped);
    const { calls } = await until('the log has it', async () => {
      const log = await rig.ask(`/log?outcome=stopped&connection_id=${id}`);
      return log.calls.length === 1 ? log : null;
    });
    // In our words, and not in those of the client's library.
    expect(calls[0].problem).toBe('Called off by its caller.');
    await client.close();
  },
);

test('a client hears that the tools are others when one is approved', async () => {
  const client = await newClient(rig.http, '/mcp/gateway');
  const changed = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/tools/list_changed', () => changed.resolve());
  const listening = await client.listen({ toolsListChanged: true });
  await rig.join({ slug: 'second', url: wiki.url });
  await changed.promise;
  await listening.close();
  await client.close();
});

test.each(['new', 'old'] as const)(
  'a client of the %s generation hears of tools when what it is shown changes',
  async (kind) => {
    const heard: string[] = [];
    const client =
      kind === 'new' ? await newClient(rig.http, '/mcp/gateway') : await oldClient(rig.http, '/mcp/gateway');
    if ('listen' in client) {
      client.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('tools'));
      await client.listen({ toolsListChanged: true });
    } else {
      client.fallbackNotificationHandler = async ({ method }) => void heard.push(method);
    }
    // The old one's stream opens by itself, a moment after it has begun: it is heard once this is.
    const { connections } = await rig.ask('/connections');
    const { id } = connections.find(({ slug }: { slug: string }) => slug === 'wiki');
    let blocked = false;
    const toggle = async () => {
      blocked = !blocked;
      await rig.ask(`/connections/${id}/tools/block`, { tools: ['fail'], blocked });
    };
    await until('it listens', async () => {
      await toggle();
      return heard.length > 0;
    });
    if (blocked) await toggle();
    const name = `unapproved-${kind}`;
    wiki.tools.push(echoTool(name));
    await rig.ask(`/connections/${id}/test`, {});
    const { tools } = await rig.ask(`/connections/${id}/tools?limit=200`);
    const row = tools.find((each: { name: string }) => each.name === name);
    expect(row.state).toBe('new');
    const told = heard.length;
    await rig.ask(`/connections/${id}/tools/approve`, { tools: [{ name, hash: row.hash }] });
    await until('it is told', async () => heard.length > told);
    expect((await client.listTools()).tools.map((each) => each.name)).toContain(`wiki__${name}`);
    await client.close();
  },
);

test('a virtual server has its own tools, words and arguments, and none beside them', async () => {
  const { connections } = await rig.ask('/connections');
  const id = connections.find(({ slug }: { slug: string }) => slug === 'wiki').id;
  await rig.ask('/servers', {
    slug: 'research',
    name: 'Research',
    tools: [
      {
        connection_id: id,
        tool: 'ask',
        name: 'look_up',
        description: 'Looks it up.',
        arguments: { depth: 3 },
      },
      { connection_id: id, tool: 'not_there' },
    ],
  });
  const client = await newClient(rig.http, '/mcp/servers/research');
  const { tools } = await client.listTools();
  expect(tools).toMatchObject([{ name: 'look_up', description: 'Looks it up.' }]);
  expect(Object.keys(tools[0]?.inputSchema.properties ?? {})).toEqual(['question']);
  const answer = await client.callTool({ name: 'look_up', arguments: { question: 'Why?', depth: 1 } });
  expect(answer.content).toEqual([{ type: 'text', text: '{"question":"Why?","depth":3}' }]);
  await expect(client.callTool({ name: 'wiki__ask', arguments: {} })).rejects.toThrow('no tool');
  await client.close();
});

test('where there is nothing to call, the list is an error that says why', async () => {
  await using empty = await startMcpRig();
  const client = await newClient(empty.http, '/mcp/gateway');
  await expect(client.listTools()).rejects.toThrow('There is no tool to call: 0 connections');
  await client.close();
});

describe.each(['legacy', 'modern'] as const)('the Inspector, as a client that is %s,', (era) => {
  const at = (path: string) => ({ url: `${rig.http.origin}${path}`, token: rig.http.secret, era });

  test.each([
    ['/mcp', 'pipeline_run'],
    ['/mcp/gateway', 'wiki__ask'],
    ['/mcp/gateway/search', 'call_tool'],
  ])('finds at %s tools whose schemas suit every model', async (path, name) => {
    const { exitCode, result, complaints } = await inspect(at(path), 'tools/list', '--strict');
    expect([exitCode, complaints]).toEqual([0, '']);
    expect(result.tools.map((each: { name: string }) => each.name)).toContain(name);
  });

  test.each([
    ['/mcp', 'pipelines_list', 'search=nothing', '"pipelines":[]'],
    ['/mcp/gateway', 'everything__echo', 'message=Hello', 'Echo: Hello'],
  ])('calls at %s the tool %s', async (path, name, argument, words) => {
    const call = ['--tool-name', name, '--tool-arg', argument];
    const { exitCode, result, complaints } = await inspect(at(path), 'tools/call', ...call);
    expect([exitCode, complaints]).toEqual([0, '']);
    expect(result.content[0].text).toContain(words);
  });

  test('gets a prompt, is told what went wrong, and is not let in with a key that is none', async () => {
    const prompt = ['--prompt-name', 'work_as_agent', '--prompt-args', 'name=ada', 'capabilities=write'];
    const { result } = await inspect(at('/mcp'), 'prompts/get', ...prompt);
    expect(result.messages[0].content.text).toContain('task_claim');
    const failed = await inspect(at('/mcp/gateway'), 'tools/call', '--tool-name', 'wiki__fail');
    expect(failed).toMatchObject({ exitCode: 5, result: { content: [{ text: 'It went wrong.' }] } });
    const stranger = await inspect({ ...at('/mcp'), token: 'nobody' }, 'tools/list');
    expect(stranger.complaints).toContain('auth');
    expect(stranger.exitCode).not.toBe(0);
  });
});

test('a key that may call and not look calls, and is told which scope it lacks where tools are listed', async () => {
  const make = async (...scopes: string[]) =>
    (await rig.http.call('/api/v1/keys', { name: scopes.join(), role: 'operator', scopes })).body.key;
  const callsOnly = await make('mcp:call');
  const called = await rig.http.ask('/api/v1/mcp/call', {
    ...{
      headers: { authorization: `Bearer ${callsOnly}` },
      body: { tool: 'wiki__ask', arguments: { question: 'Why?' } },
    },
  });
  expect(called.status, JSON.stringify(called.body)).toBe(200);
  const blind = await newClient(rig.http, '/mcp/gateway', callsOnly);
  await expect(blind.listTools()).rejects.toThrow('lacks the scope mcp:read');
  await blind.close();
  const both = await newClient(rig.http, '/mcp/gateway', await make('mcp:call', 'mcp:read'));
  expect((await both.listTools()).tools.map(({ name }) => name)).toContain('wiki__ask');
  await both.close();
});

test('nobody is let in without a key, nor by a browser on its own', async () => {
  const answer = await rig.http.ask('/mcp/gateway', {
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toContain('resource_metadata=');
});
