import {
  auth,
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newAppClient } from '#server/testing/app-client.ts';
import { askBehind } from '#server/testing/ask-behind.ts';
import { type AskedProcess, forkAsked } from '#server/testing/faults/asked-process.ts';
import type { DoorOrders } from '#server/testing/faults/protocol.ts';
import { findFreePort } from '#server/testing/free-port.ts';
import { openTestDoors, startTestServer, type TestDoors, type TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { startSignIn } from '#server/testing/mcp/inspector.ts';
import { type Browser, signInByLink } from '#server/testing/people.ts';
import { startProgramSite } from '#server/testing/program-site.ts';

let http: TestServer;
let owner: Browser;

beforeAll(async () => {
  http = await startTestServer();
  owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => http[Symbol.asyncDispose]());

const CALLBACK = 'http://127.0.0.1:9/callback';
const INFO = { name: 'a-test', version: '1' };

/** What a program keeps, in memory; the browser that it opens is the owner's. */
function createKeeper(doors: Pick<TestDoors, 'ask' | 'origin'>) {
  const kept = new Map<string, unknown>();
  let came: URLSearchParams | undefined;
  const asked: URL[] = [];
  const provider = {
    redirectUrl: CALLBACK,
    clientMetadata: { client_name: 'An SDK', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' },
    state: () => 'a-state',
    clientInformation: () => kept.get('client'),
    saveClientInformation: (client: unknown) => kept.set('client', client),
    tokens: () => kept.get('tokens'),
    saveTokens: (tokens: unknown) => kept.set('tokens', tokens),
    saveCodeVerifier: (verifier: string) => kept.set('verifier', verifier),
    codeVerifier: () => kept.get('verifier'),
    discoveryState: () => kept.get('discovery'),
    saveDiscoveryState: (state: unknown) => kept.set('discovery', state),
    async redirectToAuthorization(url: URL) {
      asked.push(url);
      came = await sayYes(doors, url);
    },
  };
  return { provider: provider as never, kept, asked, came: () => came ?? new URLSearchParams() };
}

/** What the person does in the browser. */
async function sayYes(
  doors: Pick<TestDoors, 'ask' | 'origin'>,
  url: URL,
  person = owner,
): Promise<URLSearchParams> {
  const begun = await doors.ask(url.pathname + url.search, { headers: { cookie: person.cookie } });
  const given = begun.headers.getSetCookie().map((line) => line.split(';')[0]);
  const cookie = [person.cookie, ...given].join('; ');
  const headers = { ...person.headers, cookie };
  const request = new URL(begun.headers.get('location') ?? '', doors.origin).searchParams.get('request');
  const path = `/api/v1/app-requests/${request}`;
  const { body: asked } = await doors.ask(path, { headers });
  const { body } = await doors.ask(path, { body: { org_id: asked.org_id, scopes: asked.scopes }, headers });
  const back = await doors.ask(new URL(body.go_on).pathname, { headers: { cookie } });
  return new URL(back.headers.get('location') ?? '').searchParams;
}

const address = () => new URL(`${http.origin}/mcp`);

describe('the flow of a real client', () => {
  test('of the new generation signs in, and once more for a scope that it lacks', async () => {
    const keeper = createKeeper(http);
    const connect = async () => {
      const client = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } });
      const transport = new TransportV2(address(), { authProvider: keeper.provider });
      return { client, transport, failure: await client.connect(transport).catch((error: Error) => error) };
    };
    const first = await connect();
    expect(first.failure?.constructor.name).toBe('UnauthorizedError');
    expect(keeper.asked[0]?.searchParams.get('resource')).toBe(`${http.origin}/mcp`);
    await first.transport.finishAuth(keeper.came());
    const second = await connect();
    expect(second.failure).toBeUndefined();
    const { tools } = await second.client.listTools();
    expect(tools.map(({ name }) => name)).toContain('pipelines_list');
    const narrow = createKeeper(http);
    await auth(narrow.provider, { serverUrl: address(), scope: 'runs:read' });
    await new TransportV2(address(), { authProvider: narrow.provider }).finishAuth(narrow.came());
    expect((narrow.kept.get('tokens') as { scope: string }).scope).toBe('runs:read');
    const client = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } });
    const transport = new TransportV2(address(), { authProvider: narrow.provider });
    await client.connect(transport);
    // What is not in its scopes is not in its list: asked for all the same, it leads to the person again.
    await client.callTool({ name: 'agents_list', arguments: {} }).catch(() => undefined);
    expect(narrow.asked.at(-1)?.searchParams.get('scope')).toContain('ops:read');
    await transport.finishAuth(narrow.came());
    const answer = await client.callTool({ name: 'agents_list', arguments: {} });
    expect(answer.isError).not.toBe(true);
    await Promise.all([client.close(), second.client.close()]);
  });

  test('of the old generation signs in and goes on in its session', async () => {
    const keeper = createKeeper(http);
    const transport = () => new TransportV1(address(), { authProvider: keeper.provider });
    const first = transport();
    const refused = await new ClientV1(INFO).connect(first as never).catch((error: Error) => error);
    expect(refused?.constructor.name).toBe('UnauthorizedError');
    await first.finishAuth(keeper.came().get('code') ?? '');
    const client = new ClientV1(INFO);
    await client.connect(transport() as never);
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await client.close();
  });
});

test('the Inspector signs in at the address alone, and lists what it was let in to', async () => {
  const callback = `http://127.0.0.1:${await findFreePort()}/oauth/callback`;
  await using inspector = await startSignIn(`${http.origin}/mcp`, callback);
  const url = await inspector.asked;
  expect(url.searchParams.get('redirect_uri')).toBe(callback);
  const came = await sayYes(http, url);
  expect((await fetch(`${callback}?${came}`)).status).toBe(200);
  const { exitCode, printed } = await inspector.ended;
  expect([exitCode, printed]).toEqual([0, expect.stringContaining('pipelines_list')]);
});

test('the Inspector that says who it is by a document signs in without registering', async () => {
  using site = await startProgramSite();
  await using doors = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128' });
  const person = await signInByLink(doors, () => doors.program.services.identity.links.issueOwnerLink());
  const document = `${site.origin}/client.json`;
  const callback = `http://127.0.0.1:${await findFreePort()}/callback`;
  const said = ['--client-metadata-url', document];
  await using inspector = await startSignIn(`${doors.origin}/mcp`, callback, ...said);
  const url = await inspector.asked;
  expect(url.searchParams.get('client_id')).toBe(document);
  const came = await sayYes(doors, url, person);
  expect((await fetch(`${callback}?${came}`)).status).toBe(200);
  const { exitCode, printed } = await inspector.ended;
  expect([exitCode, printed]).toEqual([0, expect.stringContaining('pipelines_list')]);
});

describe('two processes with one database', () => {
  let child: AskedProcess<DoorOrders>;
  let home: TestDoors;
  let server: TestServer;
  let publicUrl: string;

  beforeAll(async () => {
    const port = await findFreePort();
    publicUrl = `http://127.0.0.1:${port}`;
    const settings = { DATABASE_URL: http.program.database.url, SIGNALBOX_PUBLIC_URL: publicUrl };
    server = await startTestServer(settings);
    home = await openTestDoors(server.program, { publicUrl }, { port });
    child = forkAsked<DoorOrders>('./door-process.ts');
  });
  afterAll(async () => {
    await child?.kill();
    await home?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test('go on with what one has begun, when that one is killed between code and token', async () => {
    const settings = { DATABASE_URL: http.program.database.url, SIGNALBOX_PUBLIC_URL: publicUrl };
    const { origin } = await child.ask('boot', { settings, maxBodyBytes: 1_000_000 });
    // As through a proxy: the other process, by the name that both are known by.
    const there = { origin: publicUrl, ask: askBehind(origin, publicUrl) };
    const cookie = owner.cookie.replace(
      /^signalbox_session_\d+/,
      `signalbox_session_${new URL(origin).port}`,
    );
    const browser = { ...owner, cookie, headers: { ...owner.headers, cookie, origin: publicUrl } };
    const client = await newAppClient(there, browser);
    const { code } = await client.letIn();
    await child.kill();
    const { status, body } = await client.exchange(code);
    expect(status, JSON.stringify(body)).toBe(200);
    const headers = { authorization: `Bearer ${body.access_token}` };
    expect((await askMcp(home, { method: 'tools/list', headers })).status).toBe(200);
    const renewed = await client.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token });
    expect(renewed.status).toBe(200);
  });
});
