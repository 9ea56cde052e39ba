import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comes, until } from '#server/testing/faults/until.ts';
import { type McpRig, newClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startGeneration } from '#server/testing/mcp-two-generations.ts';
import { echoTool, startUpstream, text, tool } from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
beforeAll(async () => {
  rig = await startMcpRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const question = { question: 'Why?' };
const MIB = 1_048_576;
const POURED = 100 * MIB;

/** Answers with a hundred MiB, piece by piece, as far as somebody reads. */
function pour(response: ServerResponse, type: string, begin: string) {
  const poured = { bytes: 0, isOver: Promise.resolve() };
  response.writeHead(200, { 'content-type': type }).write(begin);
  const piece = Buffer.alloc(MIB, 'x');
  const gone = once(response, 'close');
  poured.isOver = (async () => {
    while (poured.bytes < POURED && !response.destroyed) {
      poured.bytes += MIB;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), gone]);
    }
  })();
  return poured;
}

describe('an answer of a hundred MiB', () => {
  test.each([
    ['in one piece', 'application/json', '{"jsonrpc":"2.0","id":1,"result":"'],
    ['as an event', 'text/event-stream', 'data: {"jsonrpc":"2.0","id":1,"result":"'],
  ])(
    'is cut off %s, long before it is there, and the server can be called again',
    async (how, type, begin) => {
      await using upstream = await startUpstream([echoTool('ask')]);
      const slug = `pours-${how.replaceAll(' ', '-')}`;
      await rig.join({ slug, url: upstream.url });
      expect((await rig.call(`${slug}__ask`, question)).status).toBe(200);
      const poured: ReturnType<typeof pour>[] = [];
      upstream.breakWith((response) => void poured.push(pour(response, type, begin)));
      const answer = await rig.call(`${slug}__ask`, question);
      expect(answer).toMatchObject({
        status: 413,
        body: {
          detail: expect.stringContaining('cannot be passed on'),
          advice: expect.stringContaining('Ask for less'),
        },
      });
      await comes('the end of it', Promise.all(poured.map(({ isOver }) => isOver)));
      expect(poured.length).toBeGreaterThan(0);
      for (const { bytes } of poured) expect(bytes).toBeLessThan(POURED / 2);
      upstream.breakWith(null);
      expect((await rig.call(`${slug}__ask`, question)).status).toBe(200);
    },
  );

  test.each([
    ['that ends with its line', false],
    ['that could be taken up again', true],
  ])(
    'of a server of the old generation is cut off in a stream %s, and others are answered',
    async (_, hasMarks) => {
      const many = () => {
        const server = new Server({ name: 'much', version: '1' }, { capabilities: { tools: {} } });
        server.setRequestHandler('tools/list', () => ({
          tools: ['pour', 'drip'].map((name) => ({ name, inputSchema: { type: 'object' as const } })),
        }));
        server.setRequestHandler('tools/call', ({ params: { name } }) => ({
          content: [{ type: 'text' as const, text: 'x'.repeat(name === 'pour' ? 8 * MIB : 1) }],
        }));
        return server;
      };
      await using upstream = await startGeneration('2025', many, { hasMarks });
      const slug = hasMarks ? 'pours-marked' : 'pours-old';
      // One that waited for its time would wait longer than this test.
      await rig.join({ slug, url: upstream.url, timeout_ms: 3_600_000 });
      expect(await rig.call(`${slug}__pour`)).toMatchObject({
        status: 413,
        body: {
          detail: expect.stringContaining('cannot be passed on'),
          advice: expect.stringContaining('Ask for less'),
        },
      });
      expect((await rig.call(`${slug}__drip`)).status).toBe(200);
      // In the session in which it has poured: it was the answer that was too much.
      expect(upstream.methods.filter((method) => method === 'initialize')).toHaveLength(1);
    },
  );
});

test('of ten thousand tools the first thousand can be used, and it is said that the others are left out', async () => {
  await using upstream = await startUpstream(Array.from({ length: 10_000 }, (_, at) => echoTool(`t${at}`)));
  const made = await rig.ask('/connect', { slug: 'many', url: upstream.url });
  const words =
    'The server has 10000 tools and 0 prompts. The first 1000 of each can be approved, and the others are left out.';
  expect(made).toMatchObject({ status: 'connected', problem: words });
  const id = made.connection_id;
  expect((await rig.ask(`/connections/${id}`)).health).toMatchObject({ ok: true, problem: words });
  let cursor = '';
  const names: string[] = [];
  do {
    const page = await rig.ask(`/connections/${id}/tools?limit=200${cursor}`);
    names.push(...page.tools.map(({ name }: { name: string }) => name));
    const wanted = page.tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
    await rig.ask(`/connections/${id}/tools/approve`, { tools: wanted });
    cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
  } while (cursor !== '');
  expect(new Set(names)).toEqual(new Set(Array.from({ length: 1000 }, (_, at) => `t${at}`)));
  const client = await newClient(rig.http, '/mcp/gateway');
  const listed = (await client.listTools()).tools.filter(({ name }) => name.startsWith('many__'));
  expect(listed).toHaveLength(1000);
  await client.close();
  expect((await rig.call('many__t999', question)).status).toBe(200);
  expect((await rig.call('many__t1000', question)).status).toBe(400);
  await rig.ask(`/connections/${id}`, undefined, 'DELETE');
});

describe('a call that comes twice', () => {
  const ask = (body: object, headers: Record<string, string> = {}) =>
    rig.http.ask('/mcp/gateway', {
      headers: {
        authorization: `Bearer ${rig.http.secret}`,
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: { jsonrpc: '2.0', ...body },
    });

  /** A tool that answers when it is let. */
  async function startWaiting(slug: string) {
    const inside: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => inside.push(resolve)).then(() => text('done'));
    const upstream = await startUpstream([tool('wait', wait)]);
    await rig.join({ slug, url: upstream.url });
    return { inside, upstream };
  }

  test('with the same id in a session is refused while the first is under way: that gets its answer', async () => {
    const { inside, upstream } = await startWaiting('twice');
    await using _upstream = upstream;
    const hello = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    };
    const { headers } = await ask({ id: 1, method: 'initialize', params: hello });
    const session = {
      'mcp-session-id': headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-06-18',
    };
    const call = { id: 7, method: 'tools/call', params: { name: 'twice__wait', arguments: {} } };
    const first = ask(call, session);
    await until('it is at work', async () => inside.length === 1);
    const second = await ask(call, session);
    expect([second.status, JSON.stringify(second.body)]).toEqual([
      400,
      expect.stringContaining('A request with the id 7 is under way already.'),
    ]);
    // Another has its own.
    const other = ask({ ...call, id: '7' }, session);
    await until('it is at work', async () => inside.length === 2);
    for (const leave of inside.splice(0)) leave();
    for (const { status, body } of await Promise.all([first, other])) {
      expect([status, String(body)]).toEqual([200, expect.stringContaining('done')]);
    }
    // And what is over is no more in the way.
    const again = ask(call, session);
    await until('it is at work', async () => inside.length === 1);
    for (const leave of inside.splice(0)) leave();
    expect(String((await again).body)).toContain('done');
  });

  test('of the new generation are two calls, whatever their ids, and each gets its answer', async () => {
    const { inside, upstream } = await startWaiting('twice-new');
    await using _upstream = upstream;
    const params = {
      ...{ name: 'twice-new__wait', arguments: {} },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    };
    const named = { 'mcp-method': 'tools/call', 'mcp-name': 'twice-new__wait' };
    const call = () =>
      ask({ id: 7, method: 'tools/call', params }, { ...named, 'mcp-protocol-version': '2026-07-28' });
    const both = [call(), call()];
    await until('both are at work', async () => inside.length === 2);
    for (const leave of inside) leave();
    for (const { status, body } of await Promise.all(both)) {
      expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('done')]);
    }
  });
});
