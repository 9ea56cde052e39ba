import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp, outcomeOf } from '#server/testing/mcp/ask-mcp.ts';
import type { McpCall } from './call.ts';
import { gatewayRoutes } from './gateway-surface.ts';
import { metadataRoutes } from './metadata.ts';
import { createMcpRoutes } from './routes.ts';
import { surface } from './surface.ts';

const ISSUER = 'https://login.example.org';
const AUDIENCE = 'https://signalbox.example.org/mcp';
const SECRET = 'a shared secret of thirty-two or more';

let http: TestServer;
/** What came through to the handlers. */
let seen: { call: McpCall; headers: Record<string, string>; token: string | undefined } | undefined;

const spy = {
  needs: [],
  entry: {
    name: 'spy',
    description: 'Remembers what it was given.',
    inputSchema: { type: 'object' as const },
  },
  async call(
    call: McpCall,
    { context }: { context: { http?: { req?: Request; authInfo?: { token: string } } } },
  ) {
    const headers = Object.fromEntries(context.http?.req?.headers ?? []);
    seen = { call, headers, token: context.http?.authInfo?.token };
    return { content: [{ type: 'text' as const, text: 'seen' }] };
  },
};

beforeAll(async () => {
  const file = join(tmpdir(), `signalbox-identity-${randomUUID()}.json`);
  const issuer = { issuer: ISSUER, algorithm: 'HS256', secret: SECRET, roles: { staff: 'owner' } };
  await writeFile(
    file,
    JSON.stringify({ issuers: [{ ...issuer, audience: AUDIENCE, scopeClaim: 'scope', forClients: true }] }),
  );
  const source = {
    list: async () => [spy],
    find: async (_call: McpCall, name: string) => (name === 'spy' ? spy : undefined),
  };
  http = await startTestServer(
    { SIGNALBOX_IDENTITY_FILE: file, SIGNALBOX_RATE_WRITES: '30', SIGNALBOX_HOST: '0.0.0.0' },
    {
      routes: [
        ...createMcpRoutes({ ...surface, tools: [...surface.tools, source as never] }),
        ...gatewayRoutes,
        ...metadataRoutes,
      ],
    },
  );
});
afterAll(() => http[Symbol.asyncDispose]());

const owner = () => ({ authorization: `Bearer ${http.secret}` });
const list = (headers: Record<string, string>) => askMcp(http, { method: 'tools/list', headers });

async function tokenWith(claims: object, audience: string | string[] = AUDIENCE) {
  const signed = await new SignJWT({ sub: 'ada', role: 'staff', ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));
  return { authorization: `Bearer ${signed}` };
}

/** With a Host or Origin that fetch would not let through. */
function knock(headers: Record<string, string>, method = 'POST'): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(http.origin);
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/mcp',
      method,
      headers: { ...owner(), ...headers },
    });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once('error', reject);
    asked.end();
  });
}

describe('DNS rebinding and other sites', () => {
  test.each([
    ['a name that was pointed at us', { host: 'evil.example' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('are refused with 403, whatever key they show: %s', async (_, headers) => {
    for (const method of ['POST', 'GET', 'DELETE']) expect(await knock(headers, method)).toBe(403);
  });
});

describe('a token', () => {
  test('for somebody else is nobody here', async () => {
    expect((await list(await tokenWith({ scope: 'runs:read' }))).status).toBe(200);
    for (const audience of [
      'https://other.example.org/mcp',
      'signalbox',
      [AUDIENCE, 'https://other.example.org'],
    ]) {
      expect((await list(await tokenWith({ scope: 'runs:read' }, audience))).status).toBe(401);
    }
  });

  // The second is no plain call, and goes through the protocol's library.
  test.each([
    ['by its name', 'spy'],
    ['by its name encoded', `=?base64?${btoa('spy')}?=`],
  ])('goes no further than the door when a tool is called %s, and no cookie does', async (_, name) => {
    const before = seen;
    const answer = await askMcp(http, {
      method: 'tools/call',
      params: { name: 'spy', arguments: {} },
      headers: { ...owner(), cookie: 'a=b', 'mcp-name': name },
    });
    expect(answer.body.result.content[0].text).toBe('seen');
    expect(seen).not.toBe(before);
    expect(seen?.token ?? '').toBe('');
    expect(JSON.stringify(seen?.headers)).not.toContain(http.secret);
    expect(seen?.headers).not.toHaveProperty('authorization');
    expect(seen?.headers).not.toHaveProperty('cookie');
  });

  test('can do no more than its scopes say, and is told which it lacks', async () => {
    const call = { method: 'tools/call', params: { name: 'runs_list', arguments: {} } };
    const refused = await askMcp(http, { ...call, headers: await tokenWith({ scope: 'ops:read openid' }) });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="runs:read"',
    );
    const allowed = await askMcp(http, {
      ...call,
      headers: await tokenWith({ scope: 'ops:read runs:read' }),
    });
    expect(outcomeOf(allowed).code).toBeUndefined();
    // No scope at all is none, and not all of them.
    expect((await askMcp(http, { ...call, headers: await tokenWith({}) })).status).toBe(403);
  });

  test('that its issuer has made out for one place counts at no other', async () => {
    const at = (path: string, headers: Record<string, string>) =>
      askMcp(http, { method: 'tools/list', headers, path });
    const places = ['/mcp', '/mcp/gateway', '/mcp/servers/desk', '/mcp/servers/desk/search'];
    for (const place of places) {
      const token = await tokenWith({ scope: 'mcp:read mcp:call' }, AUDIENCE.replace('/mcp', place));
      for (const other of places)
        expect([place, other, (await at(other, token)).status]).toEqual([
          ...[place, other, place === other ? 200 : 401],
        ]);
    }
  });

  test('is to be had from the issuer that the metadata names', async () => {
    const { headers } = await list({});
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
    const { body } = await http.ask(new URL(url).pathname);
    expect(body).toMatchObject({ resource: `${http.origin}/mcp`, authorization_servers: [ISSUER] });
  });
});

describe('a body', () => {
  const post = (body: string, type = 'application/json') =>
    http.fetch('/mcp', {
      method: 'POST',
      headers: { 'content-type': type, accept: 'application/json, text/event-stream' },
      body,
    });

  test.each([
    ['no JSON', '{', 400],
    ['a prototype', '{"jsonrpc":"2.0","id":1,"method":"tools/list","__proto__":{"a":1}}', 400],
    ['depth', '['.repeat(5000) + ']'.repeat(5000), 400],
    ['nothing that the protocol knows', '{"a":1}', 400],
    ['a request before a session', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 400],
  ])('with %s is refused in the protocol’s own form', async (_, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  test('that is not JSON by its type, or is too large, is not read', async () => {
    expect((await post('{}', 'text/plain')).status).toBe(415);
    const max = http.program.services.limits.payloadMaxBytes;
    const response = await http.fetch('/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ text: 'x'.repeat(max) }),
    });
    expect(response.status).toBe(413);
  });

  test('that differs from its header is refused: the body is what counts', async () => {
    const headers = { ...owner(), 'mcp-name': 'spy' };
    const answer = await askMcp(http, {
      method: 'tools/call',
      params: { name: 'run_cancel', arguments: {} },
      headers,
    });
    expect([answer.status, answer.body.error.code]).toEqual([400, -32_020]);
  });
});

test('each message of a batch is counted, not the request that brings them', async () => {
  const headers = {
    ...(await tokenWith({ sub: 'in batches', scope: 'runs:read' })),
    ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  };
  const body = JSON.stringify(
    Array.from({ length: 1000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'tools/list', params: {} })),
  );
  const statuses: number[] = [];
  while (!statuses.includes(429) && statuses.length < 20) {
    statuses.push((await fetch(`${http.origin}/mcp`, { method: 'POST', headers, body })).status);
  }
  expect(statuses).toContain(429);
});

test('what a tool changes is counted as a write, and one too many is told as a result', async () => {
  const headers = await tokenWith({ scope: 'runs:read runs:write pipelines:read' });
  const arguments_ = { run_id: `run_${'0'.repeat(32)}` };
  const codes: unknown[] = [];
  while (!codes.includes('LIMITED') && codes.length < 500) {
    const answer = await askMcp(http, {
      method: 'tools/call',
      params: { name: 'run_cancel', arguments: arguments_ },
      headers,
    });
    codes.push(outcomeOf(answer).code);
  }
  expect(new Set(codes)).toEqual(new Set(['NOT_FOUND', 'LIMITED']));
  expect(codes.indexOf('LIMITED')).toBeGreaterThanOrEqual(30);
  // Reads have their own.
  expect(
    outcomeOf(
      await askMcp(http, { method: 'tools/call', params: { name: 'runs_list', arguments: {} }, headers }),
    ).code,
  ).toBeUndefined();
});
