import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALLBACK, newAppClient, register } from '#server/testing/app-client.ts';
import {
  type AppWorld,
  bearer,
  entriesOf,
  refusedBy,
  startAppWorld,
  statusOf,
} from '#server/testing/app-world.ts';
import { findFreePort } from '#server/testing/free-port.ts';
import { openTestDoors, startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { echoTool, startUpstream } from '#server/testing/mcp-upstream.ts';
import { type Browser, joinAs, type Member, signInByLink } from '#server/testing/people.ts';
import { type ProgramSite, startProgramSite } from '#server/testing/program-site.ts';

/** A name of its own for each try: what an earlier one has left is none of the next one's business. */
const anew = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

let world: AppWorld;
let http: TestServer;
let owner: Browser;
let ada: Member;

beforeAll(async () => {
  world = await startAppWorld();
  ({ http, owner, ada } = world);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a thief', () => {
  test('gets no code to another address than the one that was registered', async () => {
    const client = await newAppClient(http, ada);
    for (const redirect_uri of [
      `${CALLBACK}/more`,
      'http://127.0.0.1:9/other',
      'https://evil.example/callback',
    ]) {
      const { answer } = await client.begin({ redirect_uri });
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    }
    const { code } = await client.letIn();
    const other = await client.exchange(code, { redirect_uri: 'http://127.0.0.1:9/other' });
    expect([other.status, refusedBy(other.body)]).toEqual([400, 'invalid_grant']);
  });

  test('who shows a code again ends what the first had', async () => {
    const client = await newAppClient(http, ada);
    const { code } = await client.letIn();
    const first = await client.exchange(code);
    const again = await client.exchange(code);
    expect([first.status, again.status, refusedBy(again.body)]).toEqual([200, 400, 'invalid_grant']);
    expect(await statusOf(http, first.body.access_token)).toBe(401);
  });

  test('who shows a refresh token again ends the connection, and it is in the audit', async () => {
    const client = await newAppClient(http, ada);
    const { refresh } = await client.connect();
    const renew = (token: string) => client.token({ grant_type: 'refresh_token', refresh_token: token });
    const { body: renewed } = await renew(refresh);
    expect(refusedBy((await renew(refresh)).body)).toBe('invalid_grant');
    expect(refusedBy((await renew(renewed.refresh_token)).body)).toBe('invalid_grant');
    expect(await statusOf(http, renewed.access_token)).toBe(401);
    const reasons = (await entriesOf(http, 'app.ended')).map(({ reason }) => reason);
    expect(reasons).toContain('What counts once was shown twice.');
  });

  test('who is as quick as the program gets no second token out of one code or refresh token', async () => {
    const client = await newAppClient(http, ada);
    const { code } = await client.letIn();
    const both = await Promise.all([client.exchange(code), client.exchange(code)]);
    expect(both.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const { body } of both)
      if (body.access_token) expect(await statusOf(http, body.access_token)).toBe(401);
    const { refresh } = await client.connect();
    const all = await Promise.all(
      [1, 2, 3].map(() => client.token({ grant_type: 'refresh_token', refresh_token: refresh })),
    );
    expect(all.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const { body } of all)
      if (body.access_token) expect(await statusOf(http, body.access_token)).toBe(401);
  });

  test('without the verifier gets no token, and no request goes without one', async () => {
    const client = await newAppClient(http, ada);
    const downgrades: Record<string, string | null>[] = [
      { code_challenge: null, code_challenge_method: null },
      { code_challenge_method: 'plain' },
      { code_challenge_method: null },
    ];
    for (const changes of downgrades) {
      const { answer } = await client.begin(changes);
      expect(answer.headers.get('location')).toContain('error=invalid_request');
    }
    for (const code_verifier of ['x'.repeat(43), '']) {
      const { code } = await client.letIn();
      const { status, body } = await client.exchange(code, { code_verifier });
      expect([status, body.access_token]).toEqual([400, undefined]);
    }
  });

  test('who is another program gets nothing for a code or a refresh token', async () => {
    const [client, other] = [await newAppClient(http, ada), await newAppClient(http, ada)];
    const { code } = await client.letIn();
    const taken = await other.exchange(code, { code_verifier: client.verifier });
    expect([taken.status, refusedBy(taken.body)]).toEqual([400, 'invalid_grant']);
    const { access, refresh } = await client.connect();
    const renewed = await other.token({ grant_type: 'refresh_token', refresh_token: refresh });
    expect([renewed.status, refusedBy(renewed.body)]).toEqual([400, 'invalid_grant']);
    await fetch(`${http.origin}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: other.clientId, token: refresh }),
    });
    expect(await statusOf(http, access)).toBe(200);
  });

  test('who sends somebody else to the page of a request gets no yes out of them', async () => {
    const client = await newAppClient(http, ada);
    const { request } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    // The victim's browser has not begun it.
    expect((await owner.ask(path)).status).toBe(404);
    const { id: org_id } = (await owner.ask('/api/v1/me')).body.org ?? {};
    const said = await owner.ask(path, {
      body: { org_id: org_id ?? `org_${'0'.repeat(31)}1`, scopes: ['runs:read'] },
    });
    expect([404, 409]).toContain(said.status);
    // Nor does the thief's own browser go on while nobody has said yes.
    const resumed = await http.ask(`/oauth/authorize/${request}`);
    expect([resumed.status, resumed.headers.get('location')]).toEqual([400, null]);
  });

  test('cannot say yes from another site, or by a form', async () => {
    const client = await newAppClient(http, ada);
    const { request, headers } = await client.begin();
    const path = `/api/v1/app-requests/${request}`;
    const { body: asked } = await http.ask(path, { headers });
    const body = { org_id: asked.org_id, scopes: ['runs:read'] };
    const elsewhere = { ...headers, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await http.ask(path, { body, headers: elsewhere })).status).toBe(403);
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await http.ask(path, { body, headers: form })).status).toBe(400);
    expect((await http.ask(path, { body, headers: { cookie: headers.cookie ?? '' } })).status).toBe(403);
  });

  test('finds no page of the sign-in that another could put into a frame', async () => {
    const { answer } = await (await newAppClient(http, ada)).begin();
    const page = (await (await newAppClient(http, ada)).begin({ client_id: 'nobody' })).answer;
    for (const { headers } of [answer, page]) {
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    expect(page.body).not.toContain('<script');
  });

  test('cannot use our address to lead people to a site', async () => {
    const { body: evil } = await register(http, { redirect_uris: ['https://evil.example/here'] });
    const client = await newAppClient(http, ada, {
      id: evil.client_id,
      redirectUri: 'https://evil.example/here',
    });
    const wrong: Record<string, string | null>[] = [
      { response_type: 'token' },
      { code_challenge: null },
      { prompt: 'none' },
      { resource: 'x' },
    ];
    for (const changes of wrong) {
      const { answer } = await client.begin(changes);
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
      expect(answer.body).toContain('was not let in');
    }
    for (const uri of [
      'javascript:alert(1)',
      'data:text/html,x',
      'http://evil.example/',
      'https://a@evil.example/',
      '/x',
    ]) {
      const { status, body } = await register(http, { redirect_uris: [uri] });
      expect([uri, status, body.error]).toEqual([uri, 400, 'invalid_redirect_uri']);
    }
  });

  test('whose answer mixes up issuers is found out by the name in it', async () => {
    const client = await newAppClient(http, ada);
    expect((await client.letIn()).params.get('iss')).toBe(http.origin);
    const { answer } = await client.begin({ code_challenge: null });
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('iss')).toBe(http.origin);
  });
});

describe('a token', () => {
  test('is for this server alone, and under the name that it was asked for', async () => {
    const client = await newAppClient(http, ada);
    for (const resource of [
      'https://other.example/mcp',
      `${http.origin}/api/v1`,
      `${http.origin}/mcp?x=1`,
      'mcp',
    ]) {
      const { answer } = await client.begin({ resource });
      expect(answer.headers.get('location')).toContain('error=invalid_target');
    }
    const { code } = await client.letIn();
    const wrong = await client.exchange(code, { resource: 'https://other.example/mcp' });
    expect([wrong.status, refusedBy(wrong.body)]).toEqual([400, 'invalid_target']);
    const { access } = await client.connect();
    const elsewhere = http.origin.replace('127.0.0.1', 'localhost');
    const { status } = await fetch(`${elsewhere}/mcp`, { method: 'POST', headers: bearer(access) });
    expect(status).toBe(401);
  });

  test('that another server has given out is nobody here', async () => {
    const { access } = await (await newAppClient(http, ada)).connect();
    const stolen = [access.slice(0, -1) + (access.endsWith('A') ? 'B' : 'A'), 'x'.repeat(43)];
    for (const token of stolen) expect(await statusOf(http, token)).toBe(401);
  });
});

describe('programs that register', () => {
  test('are told when they come too often, and those that nobody lets in make room', async () => {
    const port = await findFreePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    await using flooded = await startTestServer({
      SIGNALBOX_PUBLIC_URL: publicUrl,
      SIGNALBOX_RATE_SIGN_INS: '5',
    });
    await using doors = await openTestDoors(flooded.program, { publicUrl }, { port });
    const { sql } = flooded.program.database;
    await sql`INSERT INTO app_clients (id, metadata, registered_at)
      SELECT 'idle-' || n, '{}', now() - n * interval '1 s' FROM generate_series(1, 3000) n`;
    const answers = [];
    for (let at = 0; at < 8; at += 1) answers.push((await register(doors)).status);
    expect(answers.slice(0, 5)).toEqual([201, 201, 201, 201, 201]);
    expect(answers.slice(5)).toEqual([429, 429, 429]);
    const [count] = await sql`SELECT count(*)::int AS n FROM app_clients`;
    expect(count?.n).toBeLessThanOrEqual(2000);
    const large = await register(http, { client_name: 'x'.repeat(20_000) });
    expect(large.status).toBe(413);
    expect((await register(http, { redirect_uris: Array(11).fill(CALLBACK) })).body.error).toBe(
      'invalid_redirect_uri',
    );
  });
});

describe('a document in which a program says who it is', () => {
  test('is not fetched from inside, by http or from where it only claims to be', async () => {
    let asked = 0;
    const inside = createServer((_, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const { port } = inside.address() as AddressInfo;
    const addresses = [
      `https://127.0.0.1:${port}/client.json`,
      `https://localhost:${port}/client.json`,
      'https://169.254.169.254/latest/meta-data',
      'https://[::1]/client.json',
      'https://10.0.0.1/client.json',
      `http://127.0.0.1:${port}/client.json`,
    ];
    for (const id of addresses) {
      const { answer } = await (await newAppClient(http, ada, { id })).begin();
      expect([id, answer.status, answer.headers.get('location')]).toEqual([id, 400, null]);
      // It does not say what was found there.
      expect(answer.body).not.toMatch(/ECONN|certificate|private/i);
    }
    inside.close();
    expect(asked).toBe(0);
  });
});

describe('a server that may reach this machine', () => {
  let other: TestServer;
  let there: Browser;
  let site: ProgramSite;
  beforeAll(async () => {
    site = await startProgramSite();
    other = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128' });
    there = await signInByLink(other, () => other.program.services.identity.links.issueOwnerLink());
  });
  afterAll(async () => {
    site?.[Symbol.dispose]();
    await other?.[Symbol.asyncDispose]();
  });

  test('lets in a program that says who it is at its own address, and names that', async () => {
    const client = await newAppClient(other, there, { id: `${site.origin}/client.json` });
    const { request, headers } = await client.begin();
    const { body } = await other.ask(`/api/v1/app-requests/${request}`, { headers });
    expect(body).toMatchObject({ name: 'A site', site: new URL(site.origin).host });
    const { access } = await client.connect();
    expect((await askMcp(other, { method: 'tools/list', headers: bearer(access) })).status).toBe(200);
  });

  test.each(['/redirect.json', '/huge.json', '/other.json', '/secret.json', '/text.json', '/gone.json'])(
    'takes no document from %s',
    async (path) => {
      const { answer } = await (await newAppClient(other, there, { id: `${site.origin}${path}` })).begin();
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    },
  );

  test('sends its tokens to no upstream server, whatever is called with one', async () => {
    await using upstream = await startUpstream();
    const slug = anew('up');
    const connected = await other.call('/api/v1/mcp/connect', { slug, url: upstream.url });
    const path = `/api/v1/mcp/connections/${connected.body.connection_id}/tools`;
    const { body } = await other.call(path);
    await other.call(`${path}/approve`, {
      tools: body.tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash })),
    });
    const { access } = await (await newAppClient(other, there)).connect({
      scope: 'mcp:read mcp:call',
      resource: `${other.origin}/mcp/gateway`,
    });
    const name = `${slug}__${body.tools[0].name}`;
    const answer = await askMcp(
      { ask: (_, asked) => other.ask('/mcp/gateway', asked) },
      { method: 'tools/call', params: { name, arguments: {} }, headers: bearer(access) },
    );
    expect(answer.status).toBe(200);
    expect(upstream.requests.length).toBeGreaterThan(0);
    for (const { headers } of upstream.requests) expect(JSON.stringify(headers)).not.toContain(access);
  });

  test('shows nobody the tools that another person or organisation has found just before', async () => {
    const people = [await joinAs(other, there, 'owner'), await joinAs(other, there, 'operator')];
    const [twin] = people;
    const { id } = (await twin?.ask('/api/v1/orgs', { body: { name: anew('Elsewhere') } }))?.body ?? {};
    await twin?.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
    const slug = anew('own');
    const tokens: string[] = [];
    await using upstreams = new AsyncDisposableStack();
    for (const [at, person] of people.entries()) {
      const upstream = upstreams.use(await startUpstream([echoTool(`of_${at}`)]));
      const made = await person.ask('/api/v1/mcp/connect', {
        body: { slug, url: upstream.url, personal: true },
      });
      const path = `/api/v1/mcp/connections/${made.body.connection_id}/tools`;
      const { tools } = (await person.ask(path)).body;
      const wanted = tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
      await person.ask(`${path}/approve`, { body: { tools: wanted } });
      const resource = `${other.origin}/mcp/gateway`;
      const client = await newAppClient(other, person);
      tokens.push((await client.connect({ scope: 'mcp:read mcp:call', resource })).access);
    }
    for (const at of [0, 1, 0, 1]) {
      const { body } = await askMcp(
        { ask: (_, asked) => other.ask('/mcp/gateway', asked) },
        { method: 'tools/list', headers: bearer(tokens[at] ?? '') },
      );
      const names = body.result.tools.map(({ name }: { name: string }) => name);
      expect(names).toContain(`${slug}__of_${at}`);
      expect(names).not.toContain(`${slug}__of_${1 - at}`);
      expect(body.result.cacheScope).toBe('private');
    }
  });
});
