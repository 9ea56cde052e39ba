import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAppClient } from '#server/testing/app-client.ts';
import { type AppWorld, bearer, refusedBy, startAppWorld } from '#server/testing/app-world.ts';
import type { TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import type { Member } from '#server/testing/people.ts';

const PLACES = [
  '/mcp',
  '/mcp/gateway',
  '/mcp/gateway/search',
  '/mcp/servers/desk',
  '/mcp/servers/desk/search',
  '/mcp/servers/other',
];

let world: AppWorld;
let http: TestServer;
let ada: Member;

beforeAll(async () => {
  world = await startAppWorld();
  ({ http, ada } = world);
  for (const slug of ['desk', 'other']) {
    const made = await http.call('/api/v1/mcp/servers', { slug, name: slug, tools: [] });
    expect([made.status, made.body]).toEqual([201, expect.anything()]);
  }
});
afterAll(() => world[Symbol.asyncDispose]());

const ask = (
  path: string,
  headers: Record<string, string>,
  method = 'tools/list',
  params: Record<string, unknown> = {},
) => askMcp({ ask: (_, asked) => http.ask(path, asked) }, { method, params, headers });
const challengeIn = ({ headers }: { headers: Headers }, field: string) =>
  new RegExp(`${field}="([^"]*)"`).exec(headers.get('www-authenticate') ?? '')?.[1];
const connectAt = async (path: string, scope: string) =>
  (await newAppClient(http, ada)).connect({ scope, resource: http.origin + path });

describe.each(PLACES)('%s', (path) => {
  test('sends whoever has no token to a document about itself, which says where tokens are to be had', async () => {
    const refused = await ask(path, {});
    const url = challengeIn(refused, 'resource_metadata') ?? '';
    expect([refused.status, url]).toEqual([
      401,
      `${http.origin}/.well-known/oauth-protected-resource${path}`,
    ]);
    const { status, body } = await http.ask(new URL(url).pathname);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ resource: http.origin + path, authorization_servers: [http.origin] }),
    ]);
    // What it is told to ask for, there is, and does something there.
    const usual = challengeIn(refused, 'scope')?.split(' ') ?? [];
    expect(body.scopes_supported).toEqual(expect.arrayContaining(usual));
    expect(usual).toContain('mcp:call');
    expect(usual.includes('runs:read')).toBe(path === '/mcp');
  });

  test('takes a token that is made out for it, and no other place does', async () => {
    const { access } = await connectAt(path, 'pipelines:read mcp:read mcp:call');
    for (const other of PLACES) {
      const { status, headers, body } = await ask(other, bearer(access));
      expect([other, status, JSON.stringify(body).slice(0, 200)]).toEqual([
        other,
        other === path ? 200 : 401,
        expect.anything(),
      ]);
      if (other !== path) expect(challengeIn({ headers }, 'error')).toBe('invalid_token');
    }
    const plain = await http.ask('/tools/pipelines_list', { body: {}, headers: bearer(access) });
    expect(plain.status).toBe(path === '/mcp' ? 200 : 401);
    expect((await http.ask('/api/v1/pipelines', { headers: bearer(access) })).status).toBe(401);
  });

  test('says which scopes a token lacks, and with those it goes on', async () => {
    const [has, call, lacks] =
      path === '/mcp'
        ? ['pipelines:read', { name: 'runs_list' }, 'runs:read']
        : ['mcp:read', { name: path.endsWith('/search') ? 'find_tools' : 'desk__x' }, 'mcp:call'];
    const first = await connectAt(path, has);
    const params = { ...call, arguments: {} };
    const refused = await ask(path, bearer(first.access), 'tools/call', params);
    expect(refused.status).toBe(403);
    expect(challengeIn(refused, 'error')).toBe('insufficient_scope');
    expect(challengeIn(refused, 'scope')).toBe(lacks);
    expect(challengeIn(refused, 'resource_metadata')).toBe(
      `${http.origin}/.well-known/oauth-protected-resource${path}`,
    );
    const second = await connectAt(path, `${has} ${challengeIn(refused, 'scope')}`);
    expect((await ask(path, bearer(second.access), 'tools/call', params)).status).not.toBe(403);
  });
});

test('a place that there is not has no document, and tells nobody which servers there are', async () => {
  const about = (path: string) => http.ask(`/.well-known/oauth-protected-resource${path}`);
  const [known, unknown] = [await about('/mcp/servers/desk'), await about('/mcp/servers/nobody')];
  const alike = (body: object) => JSON.stringify(body).replaceAll('nobody', 'desk');
  expect([unknown.status, alike(unknown.body)]).toEqual([200, alike(known.body)]);
  expect((await about('/mcp/servers/NOBODY')).status).toBe(404);
  for (const path of ['/mcp/nowhere', '/mcp/servers', '/api/v1/runs'])
    expect([path, (await about(path)).status]).toEqual([path, 401]);
  // The one that was there before there were several is still about the first.
  expect((await about('')).body.resource).toBe(`${http.origin}/mcp`);
});

describe('a program', () => {
  test('is let in for what its person was shown', async () => {
    const shown = async (changes: Record<string, string | null>) => {
      const { request, headers } = await (await newAppClient(http, ada)).begin(changes);
      return (await http.ask(`/api/v1/app-requests/${request}`, { headers })).body;
    };
    const resource = `${http.origin}/mcp/servers/desk`;
    expect(await shown({ resource, scope: 'runs:write mcp:call' })).toMatchObject({
      reach: { kind: 'server', server: 'desk' },
      // Nothing there is about runs.
      scopes: ['mcp:call'],
    });
    expect(await shown({ resource: `${http.origin}/mcp/gateway`, scope: null })).toMatchObject({
      reach: { kind: 'gateway', server: null },
      scopes: ['mcp:read', 'mcp:call'],
    });
    expect(await shown({ resource: null })).toMatchObject({ reach: { kind: 'own', server: null } });
  });

  test('is listed with the one address at which it counts', async () => {
    for (const path of PLACES) {
      await connectAt(path, 'mcp:call');
      const { body } = await ada.ask('/api/v1/apps');
      expect(body.apps[0]).toMatchObject({ path, scopes: ['mcp:call'] });
    }
    const { access } = await (await newAppClient(http, ada)).connect({ resource: null });
    expect((await ask('/mcp', bearer(access))).status).toBe(200);
    expect((await ada.ask('/api/v1/apps')).body.apps[0].path).toBe('/mcp');
  });

  test('that was let in before its address was kept has it from what it was granted', async () => {
    const path = '/mcp/servers/desk/search';
    await connectAt(path, 'mcp:call');
    const { sql } = http.program.database;
    await sql`UPDATE app_connections SET path = '/mcp'`;
    const file = new URL('../../../db/migrations/0275_where_programs_come.sql', import.meta.url);
    await sql.unsafe(/^UPDATE [^;]+;/m.exec(await readFile(file, 'utf8'))?.[0] ?? '');
    expect((await ada.ask('/api/v1/apps')).body.apps[0].path).toBe(path);
  });

  test('cannot turn what it was let in for into a token for another place', async () => {
    const client = await newAppClient(http, ada);
    const wanted = { scope: 'mcp:call', resource: `${http.origin}/mcp/servers/desk` };
    for (const path of ['/mcp', '/mcp/gateway', '/mcp/servers/other', '/mcp/servers/desk/search']) {
      const { code } = await client.letIn(wanted);
      const { status, body } = await client.exchange(code, { resource: http.origin + path });
      expect([path, status, refusedBy(body)]).toEqual([path, 400, 'invalid_target']);
      const { refresh } = await client.connect(wanted);
      const renewed = await client.token({
        grant_type: 'refresh_token',
        refresh_token: refresh,
        resource: http.origin + path,
      });
      expect([path, renewed.status, refusedBy(renewed.body)]).toEqual([path, 400, 'invalid_target']);
    }
  });

  test('keeps its place when its token is renewed', async () => {
    const client = await newAppClient(http, ada);
    const wanted = { scope: 'mcp:call', resource: `${http.origin}/mcp/servers/desk` };
    const { refresh } = await client.connect(wanted);
    const { body } = await client.token({ grant_type: 'refresh_token', refresh_token: refresh });
    expect((await ask('/mcp/servers/desk', bearer(body.access_token))).status).toBe(200);
    expect((await ask('/mcp/gateway', bearer(body.access_token))).status).toBe(401);
  });

  test('that asks for two places at once is let in for neither', async () => {
    const client = await newAppClient(http, ada);
    const address = `${client.address()}&resource=${encodeURIComponent(`${http.origin}/mcp/gateway`)}`;
    const { headers } = await client.begin();
    const answer = await http.ask(address, { headers: { cookie: headers.cookie ?? '' } });
    expect(answer.headers.get('location')).toContain('error=invalid_target');
    const { code } = await client.letIn();
    const both = new URLSearchParams({
      ...{ client_id: client.clientId, grant_type: 'authorization_code', code },
      ...{ redirect_uri: client.redirectUri, code_verifier: client.verifier, resource: `${http.origin}/mcp` },
    });
    both.append('resource', `${http.origin}/mcp/gateway`);
    const tokens = await fetch(`${http.origin}/oauth/token`, { method: 'POST', body: both });
    expect([tokens.status, refusedBy((await tokens.json()) as { error?: string })]).toEqual([
      400,
      'invalid_target',
    ]);
  });
});
