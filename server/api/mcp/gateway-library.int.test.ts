import { ProtocolError, Server } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Generation } from '#server/domain/mcp.ts';
import { until } from '#server/testing/faults/until.ts';
import { askingClient } from '#server/testing/mcp-asked.ts';
import { type McpRig, newClient, oldClient, REAL_PROGRAMS, startMcpRig } from '#server/testing/mcp-rig.ts';
import { type OneGeneration, startGeneration } from '#server/testing/mcp-two-generations.ts';

/** What the two servers have, each with the same names as the other. */
interface Shelf {
  greeting: string;
  pointing: string;
  resources: { uri: string; name: string; description?: string }[];
}
const shelves: Record<Generation, Shelf> = { '2025': makeShelf(), '2026': makeShelf() };

function makeShelf(): Shelf {
  return {
    greeting: 'Greets somebody.',
    pointing: 'Points at something.',
    resources: [
      { uri: 'file:///a.txt', name: 'a', description: 'The first\u200b one.' },
      { uri: 'file:///secret/b.txt', name: 'b' },
      { uri: 'of-2025+file:///a.txt', name: 'looks like another' },
    ],
  };
}

function makeLibrary(generation: Generation): Server {
  const shelf = shelves[generation];
  const server = new Server(
    { name: 'library', version: '1' },
    {
      capabilities: {
        ...{ tools: { listChanged: true }, completions: {} },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
      },
    },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: [{ name: 'point', description: shelf.pointing, inputSchema: { type: 'object' } }],
  }));
  server.setRequestHandler('tools/call', () => ({
    content: [
      { type: 'resource_link', uri: 'file:///a.txt', name: 'a' },
      { type: 'resource', resource: { uri: 'file:///a.txt', text: 'A' } },
    ],
  }));
  server.setRequestHandler('prompts/list', () => ({
    prompts: [
      { name: 'greet', description: shelf.greeting, arguments: [{ name: 'who', required: true }] },
      { name: 'ask' },
    ],
  }));
  server.setRequestHandler('prompts/get', ({ params }, { mcpReq }) => {
    if (params.name !== 'ask') {
      const text = `Hello ${params.arguments?.who} of ${generation}`;
      return { messages: [{ role: 'user', content: { type: 'text', text } }] };
    }
    const answer = mcpReq.inputResponses?.q as { content?: { city?: string } } | undefined;
    if (answer) {
      return { messages: [{ role: 'user', content: { type: 'text', text: `To ${answer.content?.city}` } }] };
    }
    const requestedSchema = { type: 'object' as const, properties: { city: { type: 'string' as const } } };
    return {
      resultType: 'input_required',
      inputRequests: {
        q: { method: 'elicitation/create', params: { message: 'Where to?', requestedSchema } },
      },
    };
  });
  server.setRequestHandler('resources/list', () => ({ resources: shelf.resources }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'file:///{path}', name: 'files' }],
  }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    if (uri.includes('large')) return { contents: [{ uri, text: 'x'.repeat(2_000_000) }] };
    if (!shelf.resources.some((each) => each.uri === uri)) throw new ProtocolError(-32_602, 'Nothing there.');
    return { contents: [{ uri, mimeType: 'text/plain', text: `${uri} of ${generation}` }] };
  });
  server.setRequestHandler('completion/complete', ({ params: { ref, argument } }) => ({
    completion: { values: [`${ref.type === 'ref/prompt' ? ref.name : ref.uri} ${argument.value}`] },
  }));
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  return server;
}

let rig: McpRig;
const upstreams = {} as Record<Generation, OneGeneration>;
const ids: Record<string, string> = {};
beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_MCP_PROGRAMS: REAL_PROGRAMS });
  for (const generation of ['2025', '2026'] as const) {
    upstreams[generation] = await startGeneration(generation, () => makeLibrary(generation));
    ids[generation] = await rig.join({ slug: `of-${generation}`, url: upstreams[generation].url });
  }
  ids.everything = await rig.join({ server_type: 'everything' });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  for (const upstream of Object.values(upstreams)) await upstream[Symbol.asyncDispose]();
});

const connectors = { new: newClient, old: oldClient };
const MATRIX = (['new', 'old'] as const).flatMap((client) =>
  (['2025', '2026'] as const).map((upstream) => [client, upstream] as const),
);

/** Tells of a change as a server of its generation does. */
const tell = {
  resource: async (generation: Generation, uri: string) => {
    upstreams[generation].notify.resourceUpdated(uri);
    for (const server of upstreams[generation].servers)
      await server.sendResourceUpdated({ uri }).catch(() => undefined);
  },
  prompts: async (generation: Generation) => {
    upstreams[generation].notify.promptsChanged();
    for (const server of upstreams[generation].servers)
      await server.sendPromptListChanged().catch(() => undefined);
  },
  tools: async (generation: Generation) => {
    upstreams[generation].notify.toolsChanged();
    for (const server of upstreams[generation].servers)
      await server.sendToolListChanged().catch(() => undefined);
  },
  resources: async (generation: Generation) => {
    upstreams[generation].notify.resourcesChanged();
    for (const server of upstreams[generation].servers)
      await server.sendResourceListChanged().catch(() => undefined);
  },
};

describe.each(MATRIX)('a client of the %s generation, at a server of %s,', (kind, upstream) => {
  const open = () => connectors[kind](rig.http, '/mcp/gateway');
  const slug = `of-${upstream}`;
  const uri = `${slug}+file:///a.txt`;

  test('lists resources and templates under URIs of their connection, and sees what hides', async () => {
    const client = await open();
    const { resources } = await client.listResources();
    const own = resources.filter((each) => each.uri.startsWith(`${slug}+`) && each.name !== 'new');
    expect(own.map((each) => each.uri)).toEqual([
      uri,
      `${slug}+file:///secret/b.txt`,
      `${slug}+of-2025+file:///a.txt`,
    ]);
    expect(own[0]?.description).toBe('The first⟨U+200B⟩ one.');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(`${slug}+file:///{path}`);
    await client.close();
  });

  test('reads a resource, marked as of others, and not one that a URI only pretends to name', async () => {
    const client = await open();
    const answer = await client.readResource({ uri });
    expect(answer).toMatchObject({
      contents: [{ uri, text: `file:///a.txt of ${upstream}` }],
      _meta: { 'signalbox/untrusted': true, 'signalbox/connection': slug },
    });
    // Of this server, whatever it has called it.
    const confusing = await client.readResource({ uri: `${slug}+of-2025+file:///a.txt` });
    expect(confusing.contents[0]).toMatchObject({ text: `of-2025+file:///a.txt of ${upstream}` });
    for (const wrong of [
      'file:///a.txt',
      'nobody+file:///a.txt',
      `${slug}+file:///none`,
      `+${uri}`,
      `${slug}+`,
    ]) {
      await expect(client.readResource({ uri: wrong }), wrong).rejects.toThrow();
    }
    await expect(client.readResource({ uri: `${slug}+file:///large` })).rejects.toThrow(
      'cannot be passed on',
    );
    await client.close();
  });

  test('is not shown what a rule keeps from it', async () => {
    const { id } = await rig.ask('/rules', {
      ...{ effect: 'deny', who: { kind: 'everybody' }, connection_id: ids[upstream] },
      tool: 'resources/file:///secret/*',
    });
    const client = await open();
    const { resources } = await client.listResources();
    expect(resources.map((each) => each.uri)).not.toContain(`${slug}+file:///secret/b.txt`);
    await expect(client.readResource({ uri: `${slug}+file:///secret/b.txt` })).rejects.toThrow('no resource');
    await rig.ask(`/rules/${id}`, undefined, 'DELETE');
    await client.close();
  });

  test('can ask for what an answer of a tool points at', async () => {
    const client = await open();
    const answer = await client.callTool({ name: `${slug}__point`, arguments: {} });
    expect(answer.content).toMatchObject([{ uri }, { resource: { uri } }]);
    await client.close();
  });

  test('lists and gets prompts under the name of their connection', async () => {
    const client = await open();
    const { prompts } = await client.listPrompts();
    expect(prompts.find(({ name }) => name === `${slug}__greet`)).toMatchObject({
      description: expect.stringContaining('Greets'),
      arguments: [{ name: 'who', required: true }],
    });
    const answer = await client.getPrompt({ name: `${slug}__greet`, arguments: { who: 'Ada' } });
    expect(answer).toMatchObject({
      messages: [{ role: 'user', content: { text: `Hello Ada of ${upstream}` } }],
      _meta: { 'signalbox/untrusted': true },
    });
    await expect(client.getPrompt({ name: `${slug}__nothing` })).rejects.toThrow('no prompt');
    await client.close();
  });

  test('is asked before a prompt is there', async () => {
    await using client = await askingClient(rig.http, kind, () => ({
      action: 'accept',
      content: { city: 'Bern' },
    }));
    const answer = await client.getPrompt(`${slug}__ask`);
    expect(JSON.stringify(answer)).toContain('To Bern');
  });

  test('is helped to complete, by the server that it is about', async () => {
    const client = await open();
    const argument = { name: 'who', value: 'A' };
    const prompt = await client.complete({ ref: { type: 'ref/prompt', name: `${slug}__greet` }, argument });
    expect(prompt.completion.values).toEqual(['greet A']);
    const template = { type: 'ref/resource' as const, uri: `${slug}+file:///{path}` };
    expect((await client.complete({ ref: template, argument })).completion.values).toEqual([
      'file:///{path} A',
    ]);
    await client.close();
  });

  test('hears that a resource has changed, and that lists have', async () => {
    const heard: string[] = [];
    const stop = await listen(kind, uri, (what) => heard.push(what));
    await until('the resource is heard of', async () => {
      await tell.resource(upstream, 'file:///a.txt');
      return heard.includes(uri);
    });
    shelves[upstream].resources.push({ uri: `file:///${kind}-new`, name: 'new' });
    await until('the list of resources is heard of', async () => {
      await tell.resources(upstream);
      return heard.includes('resources');
    });
    await stop();
  });

  test('hears of a changed prompt when it is taken away, and when it is approved, and not of what nobody has approved', async () => {
    const heard: string[] = [];
    const stop = await listen(kind, uri, (what) => heard.push(what));
    const client = await open();
    const name = `${slug}__greet`;
    shelves[upstream].greeting = `Greets. ${kind}`;
    await tell.prompts(upstream);
    await until('it is in quarantine', async () => {
      const { prompts } = await client.listPrompts();
      return !prompts.some((prompt) => prompt.name === name);
    });
    await until('that is heard of', async () => heard.includes('prompts'));
    await expect(client.getPrompt({ name, arguments: { who: 'Ada' } })).rejects.toThrow('quarantine');
    const told = heard.filter((what) => what === 'prompts').length;
    const { tools } = await rig.ask(`/connections/${ids[upstream]}/tools`);
    const row = tools.find((each: { name: string }) => each.name === 'prompts/greet');
    expect(row).toMatchObject({
      state: 'changed',
      changes: [{ path: 'description', after: `Greets. ${kind}` }],
    });
    await rig.approveAll(ids[upstream] ?? '');
    await until('that is heard of', async () => heard.filter((what) => what === 'prompts').length > told);
    expect(await client.getPrompt({ name, arguments: { who: 'Ada' } })).toMatchObject({ messages: [{}] });
    await client.close();
    await stop();
  });

  test('hears of a changed tool when the server tells of it', async () => {
    const heard: string[] = [];
    const stop = await listen(kind, uri, (what) => heard.push(what));
    shelves[upstream].pointing = `Points. ${kind}`;
    await tell.tools(upstream);
    await until('that is heard of', async () => heard.includes('tools'));
    await rig.approveAll(ids[upstream] ?? '');
    await stop();
  });
});

/** Everything that a client of this generation can hear. */
async function listen(
  kind: 'new' | 'old',
  uri: string,
  hear: (what: string) => void,
): Promise<() => Promise<void>> {
  await using opened = new AsyncDisposableStack();
  if (kind === 'new') {
    const client = await newClient(rig.http, '/mcp/gateway');
    opened.defer(() => client.close());
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => hear(params.uri));
    client.setNotificationHandler('notifications/resources/list_changed', () => hear('resources'));
    client.setNotificationHandler('notifications/prompts/list_changed', () => hear('prompts'));
    client.setNotificationHandler('notifications/tools/list_changed', () => hear('tools'));
    const lists = { promptsListChanged: true, resourcesListChanged: true, toolsListChanged: true };
    const stream = await client.listen({ resourceSubscriptions: [uri], ...lists });
    opened.defer(() => stream.close().then(() => undefined));
  } else {
    const client = await oldClient(rig.http, '/mcp/gateway');
    opened.defer(() => client.close());
    client.fallbackNotificationHandler = async ({ method, params }) => {
      hear(method === 'notifications/resources/updated' ? String(params?.uri) : (method.split('/')[1] ?? ''));
    };
    await client.subscribeResource({ uri });
  }
  const stack = opened.move();
  return () => stack.disposeAsync();
}

describe('prompts and resources', () => {
  test('are there only after people have approved them', async () => {
    const { connection_id: id } = await rig.ask('/connect', { slug: 'fresh', url: upstreams['2026'].url });
    const client = await newClient(rig.http, '/mcp/gateway');
    const names = async () => [
      ...(await client.listPrompts()).prompts.map(({ name }) => name),
      ...(await client.listResources()).resources.map((each) => each.uri),
    ];
    expect((await names()).filter((name) => name.startsWith('fresh'))).toEqual([]);
    await expect(client.readResource({ uri: 'fresh+file:///a.txt' })).rejects.toThrow('no resource');
    await rig.approveAll(id);
    expect(await names()).toEqual(expect.arrayContaining(['fresh__greet', 'fresh+file:///a.txt']));
    await rig.ask(`/connections/${id}`, undefined, 'DELETE');
    await client.close();
  });

  test('are chosen by a virtual server, under names of its own', async () => {
    const entry = (tool: string, more = {}) => ({ connection_id: ids['2026'], tool, ...more });
    await rig.ask('/servers', {
      ...{ slug: 'desk', name: 'Desk' },
      tools: [
        entry('prompts/greet', { name: 'welcome', arguments: { who: 'Bea' } }),
        entry('resources/*'),
        entry('point'),
      ],
    });
    const client = await newClient(rig.http, '/mcp/servers/desk');
    expect((await client.listPrompts()).prompts).toMatchObject([{ name: 'welcome', arguments: [] }]);
    const answer = await client.getPrompt({ name: 'welcome', arguments: { who: 'Ada' } });
    expect(JSON.stringify(answer)).toContain('Hello Bea');
    const { resources } = await client.listResources();
    expect(resources.every((each) => each.uri.startsWith('of-2026+'))).toBe(true);
    await expect(client.readResource({ uri: 'of-2025+file:///a.txt' })).rejects.toThrow('no resource');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['of-2026__point']);
    await client.close();
  });

  test('are logged and counted like calls of tools, and limited like them', async () => {
    const { calls } = await rig.ask(`/log?connection_id=${ids['2026']}&limit=100`);
    const named = new Set(calls.map(({ tool }: { tool: string }) => tool));
    expect(named).toContain('prompts/greet');
    expect(named).toContain('resources/*');
    await rig.ask(`/connections/${ids['2026']}`, { calls_per_minute: 1 }, 'PATCH');
    const client = await newClient(rig.http, '/mcp/gateway');
    const reads = Array.from({ length: 3 }, () => client.readResource({ uri: 'of-2026+file:///a.txt' }));
    const results = await Promise.allSettled(reads);
    expect(results.some(({ status }) => status === 'rejected')).toBe(true);
    await rig.ask(`/connections/${ids['2026']}`, { calls_per_minute: 600 }, 'PATCH');
    await client.close();
  });

  test('of a server that is dead hide none of the others', async () => {
    const dead = await startGeneration('2025', () => makeLibrary('2025'));
    const id = await rig.join({ slug: 'dead', url: dead.url });
    await dead[Symbol.asyncDispose]();
    const client = await newClient(rig.http, '/mcp/gateway');
    const { resources } = await client.listResources();
    expect(resources.map((each) => each.uri)).toContain('of-2026+file:///a.txt');
    expect(resources.some((each) => each.uri.startsWith('dead+'))).toBe(false);
    await rig.ask(`/connections/${id}`, undefined, 'DELETE');
    await client.close();
  });

  test.each(['new', 'old'] as const)(
    'of a real program reach a client of the %s generation',
    async (kind) => {
      const client = await connectors[kind](rig.http, '/mcp/gateway');
      const { resources } = await client.listResources();
      const own = resources.filter((each) => each.uri.startsWith('everything+'));
      expect(own.length).toBeGreaterThan(0);
      const { contents } = await client.readResource({ uri: own[0]?.uri ?? '' });
      expect(contents[0]?.uri).toBe(own[0]?.uri);
      const { prompts } = await client.listPrompts();
      const names = prompts.map(({ name }) => name);
      expect(names).toContain('everything__simple-prompt');
      expect(await client.getPrompt({ name: 'everything__simple-prompt' })).toMatchObject({ messages: [{}] });
      await client.close();
    },
  );
});
