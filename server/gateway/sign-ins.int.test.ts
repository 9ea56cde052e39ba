import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { EVERYBODY } from '#server/domain/mcp.ts';
import type { TestApp } from '#server/testing/app.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { type OAuthUpstream, startOAuthUpstream, walkToCallback } from '#server/testing/oauth-upstream.ts';
import { ageTokens } from '#server/testing/old-tokens.ts';
import { type Browser, browserWith, joinAs, signInByLink } from '#server/testing/people.ts';
import { startReceiver } from '#server/testing/receiver.ts';

const KEYS = `shared:${Buffer.alloc(32, 7).toString('base64')}`;
let rig: McpRig;
let owner: Browser;
let upstream: TestUpstream;
let there: OAuthUpstream;
let count = 0;
let slug: string;
let id: string;

beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_SECRET_KEYS: KEYS });
  owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(async () => {
  upstream = await startUpstream([echoTool('ask')]);
  there = await startOAuthUpstream(upstream);
  slug = `signed-${++count}`;
});
afterEach(async () => {
  await there[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function connect(signIn: object = { mode: 'each' }): Promise<void> {
  const connected = await owner.ask('/api/v1/mcp/connect', {
    body: { slug, url: there.url, sign_in: signIn },
  });
  expect(connected).toMatchObject({ status: 201, body: { connection: { sign_in: { state: 'needed' } } } });
  id = connected.body.connection_id;
}

const begin = (who: Browser) => who.ask(`/api/v1/mcp/connections/${id}/sign-in`, { body: {} });
async function goThere(who: Browser): Promise<URL> {
  const { status, body } = await begin(who);
  expect([status, body]).toEqual([200, { url: expect.any(String) }]);
  return walkToCallback(body.url, rig.http.origin);
}
const comeBack = (who: Browser, { pathname, search }: URL) => who.ask(`${pathname}${search}`);
async function signIn(who: Browser): Promise<void> {
  const back = await comeBack(who, await goThere(who));
  expect([back.status, back.headers.get('location')]).toEqual([303, `/connections/${id}`]);
}
const call = (who: Browser) =>
  who.ask('/api/v1/mcp/call', { body: { tool: `${slug}__ask`, arguments: { question: 'Why?' } } });
const signInSeen = async (who: Browser) => (await who.ask(`/api/v1/mcp/connections/${id}`)).body.sign_in;
async function setUp(signIn_?: object): Promise<void> {
  await connect(signIn_);
  await signIn(owner);
  await rig.approveAll(id);
}
const failed = { status: 303, location: '/connections?sign_in=failed' };
const outcome = ({ status, headers }: { status: number; headers: Headers }) => ({
  status,
  location: headers.get('location'),
});
const database = () => rig.http.program.database.sql;

async function growOld(holderUuid: string, ...others: TestApp[]): Promise<void> {
  there.grants.length = 0;
  await ageTokens([rig.http.program, ...others], { connectionId: id, holderUuid });
}

describe('signing in', () => {
  test('each person calls with a token of their own, which was given for that server', async () => {
    await setUp();
    expect((await call(owner)).status).toBe(200);
    const other = await joinAs(rig.http, owner, 'operator');
    const early = await call(other);
    expect(early).toMatchObject({
      status: 403,
      body: {
        detail: expect.stringContaining('sign in'),
        advice: expect.stringContaining(`/connections/${id}`),
      },
    });
    there.account = 'grace';
    await signIn(other);
    expect((await call(other)).status).toBe(200);
    const calls = there.shown.map(({ account }) => account);
    expect(new Set(calls)).toEqual(new Set(['ada', 'grace']));
    expect(there.shown.every(({ audience }) => [audience].flat().join() === there.url)).toBe(true);
    expect((await call(owner)).status).toBe(200);
    expect(there.shown.at(-1)?.account).toBe('ada');
    // Both came by one registration.
    expect(there.registrations).toBe(1);
  });

  test('one who manages connections signs in for everybody, and nobody else may', async () => {
    await setUp({ mode: 'shared' });
    const other = await joinAs(rig.http, owner, 'operator');
    expect((await call(other)).status).toBe(200);
    expect((await begin(other)).status).toBe(403);
    expect((await other.ask(`/api/v1/mcp/connections/${id}/sign-in`, { method: 'DELETE' })).status).toBe(403);
  });

  test('who may not sign in for everybody any more when they come back has not', async () => {
    await connect({ mode: 'shared' });
    const admin = await joinAs(rig.http, owner, 'admin');
    const back = await goThere(admin);
    await owner.ask(`/api/v1/members/${admin.id}`, { method: 'PATCH', body: { role: 'operator' } });
    expect((await comeBack(admin, back)).status).toBe(403);
  });

  test('tokens are sealed, shown nowhere, and gone with the connection', async () => {
    await setUp();
    const token = there.shown.at(-1)?.token ?? '';
    const seen = JSON.stringify((await owner.ask(`/api/v1/mcp/connections/${id}`)).body);
    expect(token.length).toBeGreaterThan(20);
    expect(seen).not.toContain(token);
    const stored =
      await database()`SELECT name, position(convert_to(${token}, 'UTF8') in sealed) AS at FROM secrets
      WHERE name LIKE ${`mcp/oauth/${toUuid(id)}/%`}`;
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.every(({ at }) => at === 0)).toBe(true);
    await owner.ask(`/api/v1/mcp/connections/${id}`, { method: 'DELETE' });
    const left = await database()`SELECT FROM secrets WHERE name LIKE ${`mcp/oauth/${toUuid(id)}/%`}`;
    expect(left).toHaveLength(0);
  });

  test('who signs out calls no more', async () => {
    await setUp();
    expect((await owner.ask(`/api/v1/mcp/connections/${id}/sign-in`, { method: 'DELETE' })).status).toBe(204);
    expect((await call(owner)).status).toBe(403);
    expect((await signInSeen(owner)).state).toBe('needed');
  });

  test('who leaves the organisation is signed in nowhere in its name, and leaves no tokens behind', async () => {
    await setUp();
    const other = await joinAs(rig.http, owner, 'operator');
    await signIn(other);
    expect((await call(other)).status).toBe(200);
    const kept = () => database()`SELECT name FROM secrets
      WHERE name = ${`mcp/oauth/${toUuid(id)}/${toUuid(other.id as never)}`}`;
    expect(await kept()).toHaveLength(1);
    await owner.ask(`/api/v1/members/${other.id}`, { method: 'DELETE' });
    expect(await kept()).toHaveLength(0);
    const holders =
      await database()`SELECT FROM mcp_sign_ins WHERE connection_id = ${toUuid(id)}::text::uuid`;
    expect(holders).toHaveLength(1);
    expect((await call(owner)).status).toBe(200);
  });

  test('another address needs another sign-in: the token is never sent there', async () => {
    await setUp();
    const thief = await startUpstream([echoTool('ask')]);
    await owner.ask(`/api/v1/mcp/connections/${id}`, { method: 'PATCH', body: { url: thief.url } });
    expect((await call(owner)).status).toBe(403);
    await owner.ask(`/api/v1/mcp/connections/${id}/test`, { body: {} });
    expect(thief.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await thief[Symbol.asyncDispose]();
  });
});

describe('growing old', () => {
  test('a token is renewed before its end, once for all who call at that moment', async () => {
    await setUp();
    await growOld(toUuid((await owner.ask('/api/v1/me')).body.id));
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(owner)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(there.grants).toEqual(['refresh_token ok']);
  });

  test('what cannot be renewed any more says so, to the caller and on the page, and breaks nothing for others', async () => {
    there.lifeSeconds = 30;
    await setUp();
    await there.revokeAll();
    for (let at = 0; at < 6; at += 1) expect((await call(owner)).status).toBe(403);
    expect(await signInSeen(owner)).toMatchObject({
      state: 'needed',
      problem: expect.stringContaining('does not renew'),
    });
    const { body } = await owner.ask(`/api/v1/mcp/connections/${id}`);
    expect(body.breaker.state).toBe('closed');
    await signIn(owner);
    expect((await call(owner)).status).toBe(200);
  });

  describe('in several processes', () => {
    let second: TestServer;
    let elsewhere: Browser;
    beforeAll(async () => {
      const { program } = rig.http;
      second = await startTestServer({
        ...{ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8', DATABASE_URL: program.database.url },
        SIGNALBOX_SECRET_KEYS: KEYS,
      });
      // The same session: each process has a cookie of its own name, by its port.
      elsewhere = browserWith(second, owner.cookie.replace(/\d+=/, `${new URL(second.origin).port}=`));
    });
    afterAll(() => second[Symbol.asyncDispose]());

    const row = () =>
      rig.http.program.database.sql<{ state: string; renewing: boolean; lives: boolean }[]>`
        SELECT state, renewing_until IS NOT NULL AS renewing, expires_at > now() + interval '10 minutes' AS lives
        FROM mcp_sign_ins WHERE connection_id = ${toUuid(id as never)}::text::uuid`;
    const callAll = (times: number) =>
      Promise.all(Array.from({ length: times }, (_, at) => call(at % 2 === 0 ? owner : elsewhere)));
    /** For everybody, so that each process calls with the same tokens. */
    async function setUpForBoth(): Promise<void> {
      await setUp({ mode: 'shared' });
      // The other process hears of what was approved a while later.
      await vi.waitFor(
        async () => {
          const { tools } = (await elsewhere.ask('/api/v1/mcp/tools')).body;
          expect(tools.map(({ name }: { name: string }) => name)).toContain(`${slug}__ask`);
        },
        { timeout: 60_000, interval: 200 },
      );
    }
    const growOldInBoth = () => growOld(EVERYBODY, second.program);

    test('it is renewed once for all of them, and nobody is signed out', async () => {
      await setUpForBoth();
      await growOldInBoth();
      const answers = await callAll(8);
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
      expect(there.grants).toEqual(['refresh_token ok']);
      expect(await row()).toEqual([{ state: 'signed-in', renewing: false, lives: true }]);
    });

    test('one that dies before it has asked is waited for no longer than its lease, and it is renewed once', async () => {
      await setUpForBoth();
      await database()`UPDATE mcp_sign_ins SET renewing_until = now() + interval '2 seconds'
        WHERE connection_id = ${toUuid(id as never)}::text::uuid`;
      await growOldInBoth();
      const answers = await callAll(4);
      expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
      expect(there.grants).toEqual(['refresh_token ok']);
      expect(await row()).toEqual([{ state: 'signed-in', renewing: false, lives: true }]);
    });

    test('one that dies after it has kept the new tokens, and before it has said so, has renewed them', async () => {
      await setUpForBoth();
      await growOldInBoth();
      expect((await call(owner)).status).toBe(200);
      await vi.waitFor(() => expect(there.grants).toEqual(['refresh_token ok']), { timeout: 60_000 });
      // As it left the row: others look it up with the token that they know.
      await database()`UPDATE mcp_sign_ins SET renewing_until = now() + interval '1 hour', expires_at = now() + interval '5 seconds'
        WHERE connection_id = ${toUuid(id as never)}::text::uuid`;
      const answers = await callAll(4);
      expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
      expect(there.grants).toEqual(['refresh_token ok']);
    });
  });

  test('a sign-in that has to be made again is told to whoever listens, once', async () => {
    await using receiver = await startReceiver();
    const target = { name: 'on-call', kind: 'webhook', address: receiver.url, events: ['sign-in.needed'] };
    const made = await owner.ask('/api/v1/notification-targets', { body: target });
    expect(made.status).toBe(201);
    there.lifeSeconds = 30;
    await setUp();
    await there.revokeAll();
    for (let at = 0; at < 3; at += 1) expect((await call(owner)).status).toBe(403);
    const told = await vi.waitFor(
      () => {
        expect(receiver.received.length).toBeGreaterThan(0);
        return receiver.received.map(({ body }) => JSON.parse(body));
      },
      { timeout: 90_000, interval: 100 },
    );
    expect(told).toMatchObject([
      {
        type: 'sign-in.needed',
        data: { connection_id: id, connection: slug, reason: expect.stringContaining('does not renew') },
      },
    ]);
    await owner.ask(`/api/v1/notification-targets/${made.body.id}`, { method: 'DELETE' });
  });

  test('a tool that needs more asks for it, and the next sign-in is for both', async () => {
    await setUp();
    there.needs = 'notes:write';
    expect(await call(owner)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('more rights') },
    });
    expect(await signInSeen(owner)).toMatchObject({ state: 'signed-in', wanted: 'notes:write' });
    const { body } = await begin(owner);
    const asked = new URL(body.url).searchParams.get('scope')?.split(' ');
    expect(asked).toEqual(expect.arrayContaining(['notes:read', 'notes:write']));
    const back = await comeBack(owner, await walkToCallback(body.url, rig.http.origin));
    expect(back.headers.get('location')).toBe(`/connections/${id}`);
    expect((await call(owner)).status).toBe(200);
    expect((await signInSeen(owner)).wanted).toBeNull();
  });
});

describe('attacks', () => {
  test('an answer that names another issuer is refused before its code is sent anywhere', async () => {
    await connect();
    const back = await goThere(owner);
    there.grants.length = 0;
    back.searchParams.set('iss', 'https://evil.example');
    expect(outcome(await comeBack(owner, back))).toEqual(failed);
    expect(there.grants).toEqual([]);
  });

  test('an answer without the issuer that the server promises is refused', async () => {
    await connect();
    const back = await goThere(owner);
    back.searchParams.delete('iss');
    expect(outcome(await comeBack(owner, back))).toEqual(failed);
  });

  test('an answer counts in the session that began, with its state, and once', async () => {
    await connect();
    const other = await joinAs(rig.http, owner, 'owner');
    const first = await goThere(owner);
    expect(outcome(await comeBack(other, first))).toEqual(failed);
    const forged = new URL(first);
    forged.searchParams.set('state', `${toUuid(id)}.${'A'.repeat(43)}`);
    expect(outcome(await comeBack(owner, forged))).toEqual(failed);
    // What was tried with a wrong state is used up too.
    expect(outcome(await comeBack(owner, first))).toEqual(failed);
    const second = await goThere(owner);
    expect(outcome(await comeBack(owner, second)).location).toBe(`/connections/${id}`);
    expect(outcome(await comeBack(owner, second))).toEqual(failed);
  });

  test('a code of somebody else is of no use: it was not asked for with our proof', async () => {
    await connect();
    const other = await joinAs(rig.http, owner, 'owner');
    there.account = 'mallory';
    const theirs = await goThere(other);
    there.account = 'ada';
    const mine = await goThere(owner);
    mine.searchParams.set('code', theirs.searchParams.get('code') ?? '');
    expect(outcome(await comeBack(owner, mine))).toEqual(failed);
    expect((await signInSeen(owner)).state).toBe('needed');
  });

  test('a server that asks for tokens of another is refused', async () => {
    await connect();
    there.claims = { resource: 'https://bank.example/mcp' };
    expect(await begin(owner)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('another server') },
    });
  });

  test('a server that names another authorization server than before gets nothing', async () => {
    await setUp();
    const evil = await startOAuthUpstream(upstream);
    there.claims = { authorizationServers: [evil.issuer] };
    expect(await begin(owner)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('somebody else') },
    });
    expect(evil.registrations).toBe(0);
    await evil[Symbol.asyncDispose]();
  });

  test.each([
    ['names another issuer', { issuer: 'https://evil.example' }],
    ['has no PKCE', { code_challenge_methods_supported: undefined }],
    ['has PKCE in the clear only', { code_challenge_methods_supported: ['plain'] }],
    ['sends people to a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['takes codes without TLS', { token_endpoint: 'http://evil.example/token' }],
  ])('an authorization server that %s is refused', async (_, wrong) => {
    await connect();
    const fine = {
      ...{
        issuer: there.issuer,
        authorization_endpoint: `${there.issuer}/auth`,
        token_endpoint: `${there.issuer}/token`,
      },
      ...{ registration_endpoint: `${there.issuer}/reg`, response_types_supported: ['code'] },
      code_challenge_methods_supported: ['S256'],
    };
    there.claims = { metadata: { ...fine, ...wrong } };
    expect((await begin(owner)).status).toBe(409);
    expect(there.registrations).toBe(0);
  });

  test('an authorization server inside is not asked', async () => {
    await connect();
    there.claims = { authorizationServers: ['http://169.254.169.254/latest'] };
    const { status, body } = await begin(owner);
    // By what it says it was refused before it was tried: an address that does not answer has other words.
    expect([status, body.detail]).toEqual([403, 'Requests to this address are not allowed.']);
    expect(JSON.stringify(body)).not.toContain('169.254');
  });

  test('what comes from other pages does not begin a sign-in', async () => {
    await connect();
    const answer = await owner.ask(`/api/v1/mcp/connections/${id}/sign-in`, {
      body: {},
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
  });
});
