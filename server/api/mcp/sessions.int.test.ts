import { createHash } from 'node:crypto';
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';

/** Two processes with one database. */
let one: TestServer;
let two: TestServer;
let key: string;

beforeAll(async () => {
  one = await startTestServer();
  two = await startTestServer({ DATABASE_URL: one.program.database.url });
  key = (await one.call('/api/v1/keys', { name: 'a client', role: 'owner' })).body.key;
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

const info = { name: 'a-test', version: '1' };
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const url = (server: TestServer) => new URL(`${server.origin}/mcp`);
const soon = { timeout: 60_000, interval: 50 };

interface Old {
  client: ClientV1;
  transport: TransportV1;
  sessionId: string;
  /** Resolves when its stream is open: it opens that by the way. */
  opened: Promise<void>;
}

async function connectOld(server: TestServer, sessionId?: string, path = '/mcp'): Promise<Old> {
  const client = new ClientV1(info);
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const transport = new TransportV1(new URL(path, server.origin), {
    requestInit: { headers: bearer(key) },
    async fetch(...asked) {
      const answer = await fetch(...asked);
      if (asked[1]?.method === 'GET') open();
      return answer;
    },
    ...(sessionId === undefined ? {} : { sessionId }),
  });
  await client.connect(transport);
  return { client, transport, sessionId: transport.sessionId ?? '', opened };
}

let requests = 0;

interface InSession {
  sessionId: string;
  secret?: string;
  path?: string;
  body: object;
}

/** One request of the old generation within a session. */
const askOld = (
  server: TestServer,
  { sessionId, secret = key, path = '/mcp', body }: InSession,
): Promise<HttpAnswer> =>
  server.ask(path, {
    body: { jsonrpc: '2.0', id: ++requests, ...body },
    headers: {
      ...bearer(secret),
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      'mcp-session-id': sessionId,
    },
  });
const LIST = { method: 'tools/list', params: {} };
const PING = { method: 'ping' };

/** A run that goes on until somebody steers it, and its one task. */
async function startOpenRun(): Promise<{ run: string; task: string }> {
  const pipeline = await one.call('/api/v1/pipelines', {
    name: `open ${Math.random()}`,
    stages: [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }],
  });
  const { body } = await one.call(`/api/v1/pipelines/${pipeline.body.id}/execute`, {});
  return { run: body.id, task: body.stages[0].task_id };
}
const cancel = (run: string) => one.call(`/api/v1/runs/${run}/cancel`, { grace_seconds: 0 });

describe('a session of the old generation', () => {
  test('goes on in a process that has never seen it', async () => {
    const { client, sessionId } = await connectOld(one);
    const { status, body } = await askOld(two, { sessionId, body: LIST });
    expect([status, String(body)]).toEqual([200, expect.stringContaining('pipelines_list')]);
    // At the same moment too, and still as one.
    const answers = await Promise.all([1, 2, 3].map(() => askOld(two, { sessionId, body: LIST })));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    await client.close();
  });

  test('is not there for anybody but who began it, in any process', async () => {
    const { client, sessionId } = await connectOld(one);
    const other = (await one.call('/api/v1/keys', { name: 'another', role: 'owner' })).body.key;
    for (const server of [one, two]) {
      const { status, body } = await askOld(server, { sessionId, secret: other, body: LIST });
      expect([status, body.error.message]).toEqual([404, expect.stringContaining('no such session')]);
    }
    expect((await askOld(one, { sessionId: 'made-up', body: LIST })).status).toBe(404);
    // By the key it goes on as before.
    expect((await askOld(two, { sessionId, body: LIST })).status).toBe(200);
    await client.close();
  });

  test('is there at the address where it began and at no other, in any process', async () => {
    for (const slug of ['desk', 'other'])
      expect((await one.call('/api/v1/mcp/servers', { slug, name: slug, tools: [] })).status).toBe(201);
    const [own, desk, other] = ['/mcp', '/mcp/servers/desk', '/mcp/servers/other'];
    const at = async (sessionId: string, path: string, server: TestServer) =>
      (await askOld(server, { sessionId, path, body: PING })).status;
    for (const [begun, elsewhere] of [
      [own, ['/mcp/gateway', desk]],
      [desk, [own, other, `${desk}/search`]],
    ] as const) {
      const { client, sessionId } = await connectOld(one, undefined, begun);
      for (const server of [one, two]) {
        for (const path of elsewhere) expect([path, await at(sessionId, path, server)]).toEqual([path, 404]);
        expect([begun, await at(sessionId, begun, server)]).toEqual([begun, 200]);
      }
      await client.close();
    }
  });

  test('that began before its address was kept is of the first at which it comes again', async () => {
    const { client, sessionId } = await connectOld(one);
    const { sql } = one.program.database;
    const hash = createHash('sha256').update(sessionId).digest('hex');
    expect((await sql`UPDATE mcp_sessions SET path = NULL WHERE token_hash = ${hash}`).count).toBe(1);
    const at = async (path: string) => (await askOld(two, { sessionId, path, body: PING })).status;
    expect([await at('/mcp'), await at('/mcp/gateway'), await at('/mcp')]).toEqual([200, 404, 200]);
    await client.close();
  });

  test('opens nothing by itself: without a key its id is nobody', async () => {
    const { client, sessionId } = await connectOld(one);
    const { status } = await one.ask('/mcp', {
      body: { jsonrpc: '2.0', id: 1, ...LIST },
      headers: { accept: 'application/json, text/event-stream', 'mcp-session-id': sessionId },
    });
    expect(status).toBe(401);
    await client.close();
  });

  test('that has ended is gone', async () => {
    const { transport, sessionId } = await connectOld(one);
    await transport.terminateSession();
    for (const server of [one, two])
      expect((await askOld(server, { sessionId, body: LIST })).status).toBe(404);
  });

  test('that nobody has used for a day is over', async () => {
    const { client, sessionId } = await connectOld(one);
    const { sql } = one.program.database;
    const age = (
      hours: number,
    ) => sql`UPDATE mcp_sessions SET used_at = now() - ${hours}::int * interval '1 hour'
      WHERE token_hash = ${createHash('sha256').update(sessionId).digest('hex')}`;
    expect((await age(23)).count).toBe(1);
    expect((await askOld(two, { sessionId, body: LIST })).status).toBe(200);
    await age(25);
    await using three = await startTestServer({ DATABASE_URL: one.program.database.url });
    expect((await askOld(three, { sessionId, body: LIST })).status).toBe(404);
    await client.close();
  });

  test('is kept as a digest, so that the table opens nothing', async () => {
    const { client, sessionId } = await connectOld(one);
    const rows = await one.program.database.sql`SELECT * FROM mcp_sessions`;
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(sessionId);
    await client.close();
  });

  test('hears what was subscribed to in another process', async () => {
    const { run, task } = await startOpenRun();
    const { client, sessionId } = await connectOld(one);
    const heard: string[] = [];
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      heard.push(params.uri);
    });
    const uri = `tasks://${task}/state`;
    const subscribed = await askOld(two, {
      sessionId,
      body: { method: 'resources/subscribe', params: { uri } },
    });
    expect([subscribed.status, String(subscribed.body)]).toEqual([200, expect.stringContaining('"result"')]);
    // The stream looks for new subscriptions every few seconds: it hears of what happens from then on.
    await vi.waitFor(async () => {
      if (heard.length === 0) await one.call(`/api/v1/runs/${run}/pause`, {});
      if (heard.length === 0) await one.call(`/api/v1/runs/${run}/resume`, {});
      expect(heard).toContain(uri);
    }, soon);
    await cancel(run);
    await client.close();
  });
});

describe.each(['old', 'new'] as const)('a client of the %s generation', (generation) => {
  interface Listener {
    heard: string[];
    subscribe(uri: string): Promise<unknown>;
    unsubscribe?(uri: string): Promise<unknown>;
    close(): Promise<unknown>;
  }

  async function listen(): Promise<Listener> {
    const heard: string[] = [];
    if (generation === 'old') {
      const { client, opened } = await connectOld(one);
      await opened;
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
        heard.push(params.uri);
      });
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
        heard.push('tools');
      });
      return {
        heard,
        subscribe: (uri) => client.subscribeResource({ uri }),
        unsubscribe: (uri) => client.unsubscribeResource({ uri }),
        close: () => client.close(),
      };
    }
    const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      heard.push('tools');
    });
    await client.connect(new TransportV2(url(one), { requestInit: { headers: bearer(key) } }));
    return {
      heard,
      subscribe: (uri) => client.listen({ resourceSubscriptions: [uri], toolsListChanged: true }),
      close: () => client.close(),
    };
  }

  test('hears that a task has changed, and not what it did not ask for', async () => {
    const [asked, other] = [await startOpenRun(), await startOpenRun()];
    const listener = await listen();
    const uri = `tasks://${asked.task}/state`;
    await listener.subscribe(uri);
    await cancel(other.run);
    await cancel(asked.run);
    await vi.waitFor(() => expect(listener.heard).toContain(uri), soon);
    expect(new Set(listener.heard)).toEqual(new Set([uri]));
    await listener.close();
  });

  test('hears that lines were added to the log of a task', async () => {
    const agent = (
      await one.call('/api/v1/agents/register', {
        name: `logs ${generation}`,
        capabilities: [`logs-${generation}`],
      })
    ).body;
    const visitor = { generation: agent.generation };
    await one.call(`/api/v1/agents/${agent.id}/heartbeat`, { ...visitor, beat: { in_flight: 0 } });
    const made = (await one.call('/api/v1/tasks', { type: `logs-${generation}`, payload: {} })).body;
    const { tasks } = (await one.call(`/api/v1/agents/${agent.id}/claim`, { ...visitor, max: 1 })).body;
    const listener = await listen();
    const uri = `tasks://${made.task_id}/logs`;
    await listener.subscribe(uri);
    const log = { type: 'log', task_id: made.task_id, epoch: tasks[0].epoch, line: 0, message: 'Begun' };
    await one.call(`/api/v1/agents/${agent.id}/reports`, { ...visitor, reports: [log] });
    await vi.waitFor(() => expect(listener.heard).toContain(uri), soon);
    await listener.close();
  });

  test('cannot listen to what is not there or is no resource', async () => {
    const listener = await listen();
    const nobody = 'tasks://task_00000000000070008000000000000001_0/state';
    for (const uri of [nobody, 'tasks://x/state', 'nonsense://x']) {
      await expect(listener.subscribe(uri), uri).rejects.toThrow();
    }
    await listener.close();
  });

  test('hears that the tools are others when a pipeline is offered as one', async () => {
    const listener = await listen();
    const { task, run } = await startOpenRun();
    await listener.subscribe(`tasks://${task}/state`);
    const pipeline = await one.call('/api/v1/pipelines', {
      name: `offered ${generation}`,
      stages: [{ name: 'only', type: 'echo' }],
    });
    const offer = { tool_name: `offered_${generation}` };
    await one.call(`/api/v1/pipelines/${pipeline.body.id}`, offer, { method: 'PATCH' });
    await vi.waitFor(() => expect(listener.heard).toContain('tools'), soon);
    await cancel(run);
    await listener.close();
  });
});

test('a stream ends with the key that it was opened with', async () => {
  const made = (await one.call('/api/v1/keys', { name: 'short', role: 'owner' })).body;
  const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new TransportV2(url(one), { requestInit: { headers: bearer(made.key) } }));
  const subscription = await client.listen({ toolsListChanged: true });
  await one.call(`/api/v1/keys/${made.id}`, undefined, { method: 'DELETE' });
  // Told by the server's side: nobody here has closed it.
  expect(await subscription.closed).not.toBe('local');
  await expect(client.listTools()).rejects.toThrow();
  await client.close();
});

test('a caller opens no more streams than it can need', async () => {
  const end = new AbortController();
  const open = () =>
    one.fetch('/mcp', {
      method: 'POST',
      signal: end.signal,
      headers: {
        ...bearer(key),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'subscriptions/listen',
        params: {
          notifications: { toolsListChanged: true },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    });
  // Held on to: an answer that nobody holds is closed when its memory is cleared.
  const answers: Response[] = [];
  while (answers.at(-1)?.status !== 429 && answers.length < 100) answers.push(await open());
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  expect(answers.at(-1)?.status).toBe(429);
  end.abort();
  // Those that were closed count no more.
  await vi.waitFor(async () => {
    const again = new AbortController();
    const { status } = await one.fetch('/mcp', { signal: again.signal, headers: bearer(key) });
    again.abort();
    expect(status).not.toBe(429);
  }, soon);
});
