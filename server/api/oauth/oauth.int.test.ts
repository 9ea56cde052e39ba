import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { newAppClient, register } from '#server/testing/app-client.ts';
import {
  type AppWorld,
  bearer,
  entriesOf,
  refusedBy,
  startAppWorld,
  statusOf,
} from '#server/testing/app-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp, outcomeOf } from '#server/testing/mcp/ask-mcp.ts';
import { type Browser, joinAs, type Member } from '#server/testing/people.ts';

let world: AppWorld;
let http: TestServer;
let owner: Browser;
let ada: Member;

beforeAll(async () => {
  world = await startAppWorld();
  ({ http, owner, ada } = world);
});
afterAll(() => world[Symbol.asyncDispose]());

const callTool = (token: string, name: string, args: object = {}) =>
  askMcp(http, { method: 'tools/call', params: { name, arguments: args }, headers: bearer(token) });

describe('a program that is let in', () => {
  test('comes with a token that does what its scopes say, and is told which it lacks', async () => {
    const { access, scope } = await (await newAppClient(http, ada)).connect();
    expect(scope.split(' ').sort()).toEqual(['pipelines:read', 'runs:read']);
    expect(outcomeOf(await callTool(access, 'pipelines_list')).code).toBeUndefined();
    const { status, headers } = await callTool(access, 'agents_list');
    expect([status, headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope", scope="ops:read"'),
    ]);
  });

  test('finds its way from the answer 401 to the endpoints', async () => {
    const { headers } = await askMcp(http, { method: 'tools/list', headers: {} });
    const challenge = headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('scope="runs:read ');
    const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const { body: resource } = await http.ask(new URL(metadata).pathname);
    expect(resource).toMatchObject({ resource: `${http.origin}/mcp`, authorization_servers: [http.origin] });
    const { body: server } = await http.ask('/.well-known/oauth-authorization-server');
    expect(server).toMatchObject({
      issuer: http.origin,
      authorization_endpoint: `${http.origin}/oauth/authorize`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
  });

  test('gets fewer scopes than it asks for where its person says so', async () => {
    const client = await newAppClient(http, ada);
    const { request, headers } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    const { body: asked } = await http.ask(path, { headers });
    expect(asked).toMatchObject({
      name: 'A program',
      site: null,
      redirect: { kind: 'machine', host: '127.0.0.1:9' },
    });
    const { body } = await http.ask(path, { body: { org_id: asked.org_id, scopes: ['runs:read'] }, headers });
    const { headers: back } = await http.ask(new URL(body.go_on).pathname, {
      headers: { cookie: headers.cookie ?? '' },
    });
    const code = new URL(back.get('location') ?? '').searchParams.get('code') ?? '';
    expect((await client.exchange(code)).body.scope).toBe('runs:read');
  });

  test('is asked for the usual scopes where it names none, and never for what is not there', async () => {
    const client = await newAppClient(http, ada);
    for (const scope of [null, 'openid offline_access']) {
      const { request, headers } = await client.begin({ scope });
      const { body } = await http.ask(`/api/v1/app-requests/${request}`, { headers });
      expect(body.scopes).toContain('runs:write');
      expect(body.scopes).not.toContain('audit:read');
    }
  });

  test('hears no when its person says no', async () => {
    const client = await newAppClient(http, ada);
    const { request, headers } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    const { body: asked } = await http.ask(path, { headers });
    const { body } = await http.ask(path, { body: { org_id: asked.org_id, scopes: null }, headers });
    const { headers: back } = await http.ask(new URL(body.go_on).pathname, {
      headers: { cookie: headers.cookie ?? '' },
    });
    const said = Object.fromEntries(new URL(back.get('location') ?? '').searchParams);
    expect(said).toMatchObject({ error: 'access_denied', state: 'a-state', iss: http.origin });
    expect((await entriesOf(http, 'app.refused')).length).toBeGreaterThan(0);
  });

  test('asks its person each time: a yes of before counts for nothing', async () => {
    const client = await newAppClient(http, ada);
    const { headers } = await client.begin();
    await client.connect();
    const again = await http.ask(client.address(), { headers: { cookie: headers.cookie ?? '' } });
    expect(again.headers.get('location')).toContain('/allow?request=');
    const silent = await http.ask(client.address({ prompt: 'none' }), {
      headers: { cookie: headers.cookie ?? '' },
    });
    expect(silent.headers.get('location')).toContain('error=login_required');
  });

  test('that nobody has said yes to in ten minutes is asked about no more', async () => {
    const client = await newAppClient(http, ada);
    const { request, headers } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    expect((await http.ask(path, { headers })).status).toBe(200);
    const { sql } = http.program.database;
    const open = await sql<
      { minutes: number }[]
    >`SELECT extract(epoch FROM expires_at - now())::int / 60 AS minutes
      FROM app_records WHERE kind = 'Interaction' AND expires_at > now()`;
    expect(open.length).toBeGreaterThan(0);
    for (const { minutes } of open) expect(minutes).toBeLessThanOrEqual(10);
    await sql`UPDATE app_records SET expires_at = now() - interval '1 s' WHERE kind = 'Interaction'`;
    expect((await http.ask(path, { headers })).status).toBe(404);
  });

  test('renews its token, and the one before is used up', async () => {
    const client = await newAppClient(http, ada);
    const first = await client.connect();
    const { status, body } = await client.token({
      grant_type: 'refresh_token',
      refresh_token: first.refresh,
    });
    expect(status).toBe(200);
    expect(body.refresh_token).not.toBe(first.refresh);
    expect(await statusOf(http, body.access_token)).toBe(200);
  });

  test('leaves nothing in the database that would open anything', async () => {
    const client = await newAppClient(http, ada);
    const { code } = await client.letIn();
    const { body } = await client.exchange(code);
    const rows = await http.program.database.sql`SELECT * FROM app_records`;
    const text = JSON.stringify([...rows]);
    for (const secret of [code, body.access_token, body.refresh_token]) expect(text).not.toContain(secret);
  });
});

describe('the rights of a connection', () => {
  test('are those that its person has now', async () => {
    const bob = await joinAs(http, owner, 'operator');
    const { access } = await (await newAppClient(http, bob)).connect({ scope: 'runs:read runs:write' });
    const start = () => callTool(access, 'run_cancel', { run_id: `run_${'0'.repeat(32)}` });
    expect(outcomeOf(await start()).code).toBe('NOT_FOUND');
    await owner.ask(`/api/v1/members/${bob.id}`, { method: 'PATCH', body: { role: 'viewer' } });
    expect(outcomeOf(await start()).code).toBe('FORBIDDEN');
    await owner.ask(`/api/v1/members/${bob.id}`, { method: 'DELETE' });
    expect(await statusOf(http, access)).toBe(401);
  });

  test('never reach what only people in person may', async () => {
    const { access } = await (await newAppClient(http, owner)).connect();
    for (const path of ['/api/v1/keys', '/api/v1/me', '/api/v1/runs', '/api/v1/apps']) {
      expect([path, (await http.ask(path, { headers: bearer(access) })).status]).toEqual([path, 401]);
    }
  });

  test('end at once when it is put out, by its person or by an admin', async () => {
    const eve = await joinAs(http, owner, 'viewer');
    for (const who of [eve, owner]) {
      const client = await newAppClient(http, eve);
      const { access, refresh } = await client.connect();
      expect(await statusOf(http, access)).toBe(200);
      const { body } = await who.ask(`/api/v1/apps?of_all=${who === owner}&limit=1`);
      expect(body.apps[0]).toMatchObject({ name: 'A program', by: { id: eve.id } });
      expect((await who.ask(`/api/v1/apps/${body.apps[0].id}`, { method: 'DELETE' })).status).toBe(204);
      expect(await statusOf(http, access)).toBe(401);
      const renewed = await client.token({ grant_type: 'refresh_token', refresh_token: refresh });
      expect([renewed.status, refusedBy(renewed.body)]).toEqual([400, 'invalid_grant']);
    }
    const { access } = await (await newAppClient(http, owner)).connect();
    const { body } = await owner.ask('/api/v1/apps?limit=1');
    expect((await eve.ask('/api/v1/apps?of_all=true')).status).toBe(403);
    expect((await eve.ask(`/api/v1/apps/${body.apps[0].id}`, { method: 'DELETE' })).status).toBe(404);
    expect(await statusOf(http, access)).toBe(200);
  });

  test('end when the program gives its token back', async () => {
    const client = await newAppClient(http, ada);
    const { access, refresh } = await client.connect();
    const given = await fetch(`${http.origin}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.clientId, token: refresh }),
    });
    expect(given.status).toBe(200);
    expect(await statusOf(http, access)).toBe(401);
    const [entry] = await entriesOf(http, 'app.ended');
    expect(entry).toMatchObject({ reason: 'The program has given it back.', actor: { kind: 'app' } });
  });

  test('are of the organisation that was shown', async () => {
    const twin = await joinAs(http, owner, 'owner');
    const { id: elsewhere } = (await twin.ask('/api/v1/orgs', { body: { name: 'Elsewhere' } })).body;
    const client = await newAppClient(http, twin);
    const { request, headers } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    const { body: asked } = await http.ask(path, { headers });
    await twin.ask(`/api/v1/me/orgs/${elsewhere}/enter`, { method: 'POST', body: {} });
    const late = await http.ask(path, { body: { org_id: asked.org_id, scopes: ['runs:read'] }, headers });
    expect([late.status, late.body.code]).toEqual([409, 'OTHER_ORG']);
    const { access } = await client.connect();
    const { body } = await twin.ask('/api/v1/apps');
    expect(body.apps).toHaveLength(1);
    expect((await owner.ask(`/api/v1/apps/${body.apps[0].id}`, { method: 'DELETE' })).status).toBe(404);
    expect(await statusOf(http, access)).toBe(200);
  });
});

test('another authorization server by configuration, or a switch, leaves no endpoint of our own', async () => {
  await using off = await startTestServer({ SIGNALBOX_MCP_SIGN_IN: 'false' });
  const { body } = await off.ask('/.well-known/oauth-protected-resource/mcp');
  expect(body.authorization_servers).toEqual([]);
  for (const path of [
    '/.well-known/oauth-authorization-server',
    '/oauth/authorize?client_id=x',
    '/oauth/authorize/x',
  ]) {
    expect((await off.ask(path)).status).toBe(404);
  }
  expect((await register(off)).status).toBe(404);
});

test('what is over is cleared away', async () => {
  const { sql } = http.program.database;
  const client = await newAppClient(http, ada);
  await client.connect();
  const [row] = await sql<{ id: string }[]>`SELECT id FROM app_connections
    WHERE user_id = ${toUuid(ada.id)}::text::uuid ORDER BY id DESC LIMIT 1`;
  const id = row?.id ?? '';
  await sql`UPDATE app_records SET expires_at = now() - interval '1 s' WHERE connection_id = ${id}::uuid`;
  await sql`UPDATE app_connections SET allowed_at = now() - interval '2 hours' WHERE id = ${id}::uuid`;
  await client.connect();
  expect(await sql`SELECT 1 FROM app_connections WHERE id = ${id}::uuid`).toHaveLength(0);
  expect(await sql`SELECT 1 FROM app_records WHERE connection_id = ${id}::uuid`).toHaveLength(0);
});
