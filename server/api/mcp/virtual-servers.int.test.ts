import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type McpRig, newClient, oldClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
let wiki: TestUpstream;
let notes: TestUpstream;
let wikiId: string;
let notesId: string;
beforeAll(async () => {
  rig = await startMcpRig();
  [wiki, notes] = await Promise.all([
    startUpstream([echoTool('ask'), tool('count', () => text('the wiki counted'))]),
    startUpstream([echoTool('ask'), tool('count', () => text('the notes counted'))]),
  ]);
  wikiId = await rig.join({ slug: 'wiki', url: wiki.url });
  notesId = await rig.join({ slug: 'notes', url: notes.url });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await Promise.all([wiki, notes].map((upstream) => upstream[Symbol.asyncDispose]()));
});

/** What is listed, or why nothing is. */
async function namesAt(path: string, key?: string): Promise<string[] | string> {
  const client = await newClient(rig.http, path, key);
  try {
    return (await client.listTools()).tools.map(({ name }) => name);
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}

describe.each([
  ['new', newClient],
  ['old', oldClient],
] as const)(
  'a virtual server over two that have tools of the same names, for a client of the %s generation,',
  (era, connect) => {
    const saying = async (client: Awaited<ReturnType<typeof connect>>, name: string): Promise<string> =>
      JSON.stringify((await client.callTool({ name, arguments: { question: 'Who?' } })).content);

    test('tells them apart by their connections, and each call comes to its own', async () => {
      const slug = `both-${era}`;
      const tools = [wikiId, notesId].map((connection_id) => ({ connection_id, tool: 'count' }));
      await rig.ask('/servers', { slug, name: 'Both', tools });
      const client = await connect(rig.http, `/mcp/servers/${slug}`);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
        'notes__count',
        'wiki__count',
      ]);
      expect(await saying(client, 'wiki__count')).toContain('the wiki counted');
      expect(await saying(client, 'notes__count')).toContain('the notes counted');
      await client.close();
    });

    test('calls one by the name of the other’s tool, if it is given that', async () => {
      const slug = `crossed-${era}`;
      const tools = [
        { connection_id: wikiId, tool: 'count', name: 'notes__count' },
        { connection_id: notesId, tool: 'count', name: 'count' },
      ];
      await rig.ask('/servers', { slug, name: 'Crossed', tools });
      const client = await connect(rig.http, `/mcp/servers/${slug}`);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['count', 'notes__count']);
      expect(await saying(client, 'notes__count')).toContain('the wiki counted');
      expect(await saying(client, 'count')).toContain('the notes counted');
      await client.close();
    });
  },
);

test('two tools are not given one name', async () => {
  const tools = [wikiId, notesId].map((connection_id) => ({ connection_id, tool: 'count', name: 'count' }));
  const { status, body } = await rig.try('/servers', { slug: 'same', name: 'Same', tools });
  expect([status, body.detail]).toEqual([400, expect.stringContaining('Two tools have the name count.')]);
});

describe('what is switched off', () => {
  test('is not there while it is a virtual server, whose tools others have still', async () => {
    const tools = [{ connection_id: wikiId, tool: 'count' }];
    const { id } = await rig.ask('/servers', { slug: 'off', name: 'Off', tools });
    expect(await namesAt('/mcp/servers/off')).toEqual(['wiki__count']);
    await rig.ask(`/servers/${id}`, { enabled: false }, 'PATCH');
    expect(await namesAt('/mcp/servers/off')).toContain('MCP server off');
    const called = await rig.call('wiki__count', {}, 'off');
    expect([called.status, called.body.detail]).toEqual([404, expect.stringContaining('MCP server off')]);
    expect((await rig.call('wiki__count')).status).toBe(200);
    await rig.ask(`/servers/${id}`, { enabled: true }, 'PATCH');
    expect(await namesAt('/mcp/servers/off')).toEqual(['wiki__count']);
  });

  test('hides its own tools at a virtual server while it is a connection, and none of others', async () => {
    const tools = [wikiId, notesId].map((connection_id) => ({ connection_id, tool: 'count' }));
    await rig.ask('/servers', { slug: 'half', name: 'Half', tools });
    await rig.ask(`/connections/${notesId}`, { enabled: false }, 'PATCH');
    expect(await namesAt('/mcp/servers/half')).toEqual(['wiki__count']);
    const called = await rig.call('notes__count', {}, 'half');
    expect([called.status, called.body.detail]).toEqual([403, 'The connection notes is switched off.']);
    expect((await rig.call('wiki__count', {}, 'half')).status).toBe(200);
    await rig.ask(`/connections/${notesId}`, { enabled: true }, 'PATCH');
    expect(await namesAt('/mcp/servers/half')).toEqual(['notes__count', 'wiki__count']);
    expect((await rig.call('notes__count', {}, 'half')).status).toBe(200);
  });
});

describe('rules for one virtual server', () => {
  const makeServer = async (slug: string): Promise<string> => {
    const tools = ['ask', 'count'].map((tool) => ({ connection_id: wikiId, tool, name: tool }));
    return (await rig.ask('/servers', { slug, name: slug, tools })).id;
  };
  const everybody = { who: { kind: 'everybody' } };
  const ask = { name: 'ask', arguments: { question: 'Why?' } };

  test('the same tool is forbidden at one and called at another, and is not listed where it is forbidden', async () => {
    const [strict] = [await makeServer('strict'), await makeServer('loose')];
    const rule = await rig.ask('/rules', { ...everybody, server_id: strict, tool: 'ask', effect: 'deny' });
    expect(rule).toMatchObject({ server_id: strict, connection_id: null });
    expect(await namesAt('/mcp/servers/strict')).toEqual(['count']);
    expect(await namesAt('/mcp/servers/loose')).toEqual(['ask', 'count']);
    const [there, elsewhere] = [
      await newClient(rig.http, '/mcp/servers/strict'),
      await newClient(rig.http, '/mcp/servers/loose'),
    ];
    const refused = await there.callTool(ask);
    expect([refused.isError, JSON.stringify(refused.content)]).toEqual([
      true,
      expect.stringContaining('rule'),
    ]);
    expect((await elsewhere.callTool(ask)).isError).not.toBe(true);
    await Promise.all([there.close(), elsewhere.close()]);
    await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
  });

  test('what is forbidden everywhere can be allowed at one, and is judged so', async () => {
    const server_id = await makeServer('gate');
    const connection_id = wikiId;
    const rules = [
      await rig.ask('/rules', { ...everybody, connection_id, tool: 'ask', effect: 'deny' }),
      await rig.ask('/rules', { ...everybody, server_id, connection_id, tool: 'ask', effect: 'allow' }),
    ];
    expect(await namesAt('/mcp/servers/gate')).toEqual(['ask', 'count']);
    expect(await namesAt('/mcp/gateway')).not.toContain('wiki__ask');
    const judged = `/rules/judge?role=operator&tool=ask&connection_id=${connection_id}`;
    expect(await rig.ask(judged)).toEqual({ effect: 'deny', rule_id: rules[0].id });
    expect(await rig.ask(`${judged}&server_id=${server_id}`)).toEqual({
      effect: 'allow',
      rule_id: rules[1].id,
    });
    for (const { id } of rules) await rig.ask(`/rules/${id}`, undefined, 'DELETE');
  });

  test('a role is kept from one, and nobody else; with the server its rules go', async () => {
    const server_id = await makeServer('staff');
    const who = { kind: 'role', subject: 'operator' };
    const rule = await rig.ask('/rules', { who, server_id, effect: 'deny' });
    const { key } = (await rig.http.call('/api/v1/keys', { name: 'o', role: 'operator' })).body;
    expect(await namesAt('/mcp/servers/staff', key)).toMatch('no tool to call');
    expect(await namesAt('/mcp/servers/staff')).toEqual(['ask', 'count']);
    expect(await namesAt('/mcp/gateway', key)).toContain('wiki__ask');
    await rig.ask(`/servers/${server_id}`, undefined, 'DELETE');
    const { rules } = await rig.ask('/rules?limit=200');
    expect(rules.map(({ id }: { id: string }) => id)).not.toContain(rule.id);
  });

  test('people are asked about a call that comes through it, and about no other', async () => {
    const server_id = await makeServer('asked');
    const rule = await rig.ask('/rules', { ...everybody, server_id, tool: 'ask', effect: 'ask' });
    const waiting = await rig.call('ask', { question: 'May I?' }, 'asked');
    expect([waiting.status, waiting.body.detail]).toEqual([403, expect.stringContaining('mcpa_')]);
    expect((await rig.call('wiki__ask', { question: 'May I?' })).status).toBe(200);
    await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
  });

  test('one for a server that is not there is refused', async () => {
    const server_id = await makeServer('gone');
    await rig.ask(`/servers/${server_id}`, undefined, 'DELETE');
    const { status, body } = await rig.try('/rules', { ...everybody, server_id, effect: 'deny' });
    expect([status, body.detail]).toEqual([404, expect.stringContaining('MCP server')]);
  });
});
