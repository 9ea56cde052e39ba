import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createJar, type Jar } from '#server/testing/cookie-jar.ts';
import { findFreePort } from '#server/testing/free-port.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { startTestProvider, type TestProvider } from '#server/testing/oidc-provider.ts';
import { type Browser, browserWith, joinAs, PASSWORD, signInByLink } from '#server/testing/people.ts';
import { createProviderJourney } from '#server/testing/provider-journey.ts';
import { withoutAudit } from '#server/testing/without-audit.ts';

let folder: string;
let http: TestServer;
let first: TestProvider;
let second: TestProvider;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-providers-'));
  const port = await findFreePort();
  const callback = (id: string) => `http://127.0.0.1:${port}/api/v1/auth/providers/${id}/callback`;
  [first, second] = await Promise.all([
    startTestProvider(() => [callback('first'), callback('welcoming')]),
    startTestProvider(() => [callback('second')]),
  ]);
  const entry = (id: string, { issuer, clientId, clientSecret }: TestProvider) => ({
    ...{ id, name: id, issuer, clientId, clientSecret },
  });
  const providers = [
    entry('first', first),
    entry('second', second),
    { ...entry('welcoming', first), newcomers: 'viewer' },
    { ...entry('away', first), issuer: 'http://127.0.0.1:9' },
    { ...entry('inside', first), issuer: 'http://10.0.0.1' },
  ];
  const file = join(folder, 'identity.json');
  await writeFile(file, JSON.stringify({ providers }));
  const settings = { SIGNALBOX_IDENTITY_FILE: file, SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' };
  http = await startTestServer(settings, { port });
});
afterAll(async () => {
  await http?.[Symbol.asyncDispose]();
  await Promise.all([first?.[Symbol.asyncDispose](), second?.[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

let subjects = 0;
beforeEach(() => {
  Object.assign(first.account, { id: `sub-${++subjects}`, name: 'Ada', email: 'ada@example.org' });
});

const issueLink = () => http.program.services.identity.links.issueOwnerLink();
const owner = () => signInByLink(http, issueLink);

/** Somebody who is signed in wants to be known by the provider too. */
const LINK = { link: true, current_password: PASSWORD };

const { begin, visit, comeBack, signIn } = createProviderJourney(() => http);

const sessionOf = ({ jar }: Jar): Browser => {
  const [pair] = [...jar].filter(([name]) => name.startsWith('signalbox_session'));
  return browserWith(http, pair ? pair.join('=') : '');
};
const unlink = (ask: Browser['ask'], password?: string) =>
  ask('/api/v1/me/identities/unlink', {
    body: { issuer: first.issuer, ...(password === undefined ? {} : { current_password: password }) },
  });
const whoIs = (jar: Jar) => sessionOf(jar).ask('/api/v1/me');

async function invite(role = 'viewer'): Promise<string> {
  return (await (await owner()).ask('/api/v1/invites', { body: { role } })).body.token;
}

test('the request carries a challenge, a nonce and a state, and the state is kept as a hash', async () => {
  const { body } = await begin(createJar(), 'first');
  const { searchParams } = new URL(body.url);
  expect(searchParams.get('code_challenge_method')).toBe('S256');
  expect(searchParams.get('response_type')).toBe('code');
  for (const name of ['code_challenge', 'nonce', 'state'])
    expect(searchParams.get(name)?.length).toBeGreaterThan(30);
  const rows = await http.program.database.sql`SELECT row_to_json(f)::text AS text FROM sign_in_flows f`;
  expect(JSON.stringify(rows)).not.toContain(searchParams.get('state'));
});

describe('somebody whom a provider knows', () => {
  test('joins with an invitation, and comes back without', async () => {
    const jar = createJar();
    expect(await signIn(jar, 'first', { invitation: await invite('operator') })).toBe('/');
    const joined = (await whoIs(jar)).body;
    expect(joined).toMatchObject({ kind: 'person', role: 'operator', name: 'Ada', account: { email: null } });
    const again = createJar();
    expect(await signIn(again, 'first', { next: '/runs?x=1' })).toBe('/runs?x=1');
    expect((await whoIs(again)).body.id).toBe(joined.id);
  });

  test('is turned away uninvited, and let in where the configuration welcomes newcomers', async () => {
    const jar = createJar();
    expect(await signIn(jar, 'first')).toBe('/sign-in?problem=forbidden');
    expect((await whoIs(jar)).status).toBe(401);
    const welcome = createJar();
    expect(await signIn(welcome, 'welcoming')).toBe('/');
    expect((await whoIs(welcome)).body).toMatchObject({ role: 'viewer' });
  });

  test('is not taken for who has the same e-mail here, nor for the same subject at another provider', async () => {
    const member = await joinAs(http, await owner(), 'admin');
    Object.assign(first.account, { email: member.email });
    expect(await signIn(createJar(), 'first')).toBe('/sign-in?problem=forbidden');
    const jar = createJar();
    expect(await signIn(jar, 'welcoming')).toBe('/');
    expect((await whoIs(jar)).body.id).not.toBe(member.id);
    Object.assign(second.account, { id: first.account.id });
    expect(await signIn(createJar(), 'second')).toBe('/sign-in?problem=forbidden');
  });

  test('is let in no more once removed', async () => {
    const jar = createJar();
    await signIn(jar, 'first', { invitation: await invite() });
    const { id } = (await whoIs(jar)).body;
    await (await owner()).ask(`/api/v1/members/${id}`, { method: 'DELETE' });
    expect(await signIn(createJar(), 'first')).toBe('/sign-in?problem=forbidden');
    expect(await signIn(createJar(), 'welcoming')).toBe('/sign-in?problem=forbidden');
  });
});

describe('linking', () => {
  test('takes a proof: a session that was left open gives nobody a way in of their own', async () => {
    const member = await joinAs(http, await owner(), 'viewer');
    const jar = createJar(member.cookie);
    for (const wish of [{ link: true }, { link: true, current_password: 'wrong password!' }]) {
      const answer = await begin(jar, 'first', wish);
      expect([answer.status, answer.body.code, answer.headers.get('set-cookie')]).toEqual([
        403,
        'FORBIDDEN',
        null,
      ]);
    }
    expect((await begin(jar, 'first', LINK)).status).toBe(200);
  });

  test('needs both: the session that began, and the account there', async () => {
    const member = await joinAs(http, await owner(), 'viewer');
    const jar = createJar(member.cookie);
    expect(await signIn(jar, 'first', { ...LINK, next: '/account' })).toBe('/account');
    expect((await member.ask('/api/v1/me/identities')).body.identities).toMatchObject([
      { issuer: first.issuer, subject: first.account.id },
    ]);
    const other = createJar();
    await signIn(other, 'first');
    expect((await whoIs(other)).body.id).toBe(member.id);
  });

  test('is refused to a stranger, to another session, and for an account that is somebody else’s', async () => {
    const next = '/settings/account?tab=x';
    const told = (problem: string) => `${next}&problem=${problem}`;
    expect((await begin(createJar(), 'first', LINK)).status).toBe(403);
    const [one, two] = [
      await joinAs(http, await owner(), 'viewer'),
      await joinAs(http, await owner(), 'viewer'),
    ];
    const jar = createJar(one.cookie);
    const [name = '', value = ''] = two.cookie.split('=');
    const comeBackAs = async (session: string) => {
      const back = await visit(jar, (await begin(jar, 'first', { ...LINK, next })).body.url);
      jar.jar.set(name, session);
      return comeBack(jar, back);
    };
    expect(await comeBackAs(value)).toBe(told('unauthenticated'));
    jar.jar.set(name, one.cookie.split('=')[1] ?? '');
    expect(await comeBackAs('nobody')).toBe('/sign-in?problem=unauthenticated');
    expect(await signIn(createJar(one.cookie), 'first', LINK)).toBe('/');
    expect(await signIn(createJar(two.cookie), 'first', { ...LINK, next })).toBe(told('conflict'));
    expect((await two.ask('/api/v1/me/identities')).body.identities).toEqual([]);
  });

  test('that fails at the provider ends where it began, signed in as before', async () => {
    const member = await joinAs(http, await owner(), 'viewer');
    const jar = createJar(member.cookie);
    const back = new URL(
      await visit(jar, (await begin(jar, 'first', { ...LINK, next: '/settings/account' })).body.url),
    );
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    expect(await comeBack(jar, back.href)).toBe('/settings/account?problem=unauthenticated');
    expect((await whoIs(jar)).body.id).toBe((await member.ask('/api/v1/me')).body.id);
    expect((await member.ask('/api/v1/me/identities')).body.identities).toEqual([]);
  });

  test('cannot be undone while it is the only way in', async () => {
    const jar = createJar();
    await signIn(jar, 'first', { invitation: await invite() });
    const { ask } = sessionOf(jar);
    expect((await unlink(ask)).status).toBe(409);
    const email = `linked-${subjects}@example.org`;
    await ask('/api/v1/me', { method: 'PATCH', body: { email, password: PASSWORD } });
    expect((await unlink(ask, PASSWORD)).status).toBe(204);
    expect((await unlink(ask, PASSWORD)).status).toBe(404);
  });
});

describe('what comes back is refused', () => {
  const REFUSED = '/sign-in?problem=unauthenticated';

  test.each([
    ['without a state', (url: URL) => url.searchParams.delete('state')],
    ['with another state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['without a code', (url: URL) => url.searchParams.delete('code')],
    ['with another code', (url: URL) => url.searchParams.set('code', 'x'.repeat(43))],
    ['with another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['with a state twice', (url: URL) => url.searchParams.append('state', 'again')],
    ['with an error of the provider', (url: URL) => url.searchParams.set('error', 'access_denied')],
    [
      'at the door of another provider',
      (url: URL) => {
        url.pathname = url.pathname.replace('first', 'second');
      },
    ],
    [
      'at a door that is not there',
      (url: URL) => {
        url.pathname = url.pathname.replace('first', 'none');
      },
    ],
  ])('%s', async (_, change) => {
    const jar = createJar();
    const { body } = await begin(jar, 'first', { invitation: await invite() });
    const url = new URL(await visit(jar, body.url));
    change(url);
    expect(await comeBack(jar, url.href)).toMatch(/^\/sign-in\?problem=(unauthenticated|not_found)$/);
    expect((await whoIs(jar)).status).toBe(401);
  });

  test('in another browser than the one that went', async () => {
    const jar = createJar();
    const { body } = await begin(jar, 'first', { invitation: await invite() });
    const url = await visit(jar, body.url);
    expect(await comeBack(createJar(), url)).toBe(REFUSED);
    const another = createJar();
    await begin(another, 'first');
    expect(await comeBack(another, url)).toBe(REFUSED);
  });

  test('a second time', async () => {
    const jar = createJar();
    const { body } = await begin(jar, 'first', { invitation: await invite() });
    const url = await visit(jar, body.url);
    const { jar: before } = jar;
    const copy = createJar();
    for (const [name, value] of before) copy.jar.set(name, value);
    expect(await comeBack(jar, url)).toBe('/');
    expect(await comeBack(copy, url)).toBe(REFUSED);
  });

  test('with the code of another sign-in: its verifier does not fit, and the provider says so', async () => {
    const [one, two] = [createJar(), createJar()];
    const [to, from] = [(await begin(one, 'first')).body.url, (await begin(two, 'first')).body.url];
    const stolen = new URL(await visit(one, to)).searchParams.get('code') ?? '';
    const url = new URL(await visit(two, from));
    url.searchParams.set('code', stolen);
    const before = first.tokenAnswers.length;
    expect(await comeBack(two, url.href)).toBe(REFUSED);
    expect(first.tokenAnswers.slice(before)).toEqual([400]);
  });

  test.each(['nonce', 'code_verifier'])('when the %s is not the one that was sent along', async (column) => {
    const jar = createJar();
    const { body } = await begin(jar, 'first', { invitation: await invite() });
    const url = await visit(jar, body.url);
    await http.program.database.sql.unsafe(`UPDATE sign_in_flows SET ${column} = '${'x'.repeat(43)}'`);
    expect(await comeBack(jar, url)).toBe(REFUSED);
  });

  test('when it took too long', async () => {
    const jar = createJar();
    const { body } = await begin(jar, 'first', { invitation: await invite() });
    const url = await visit(jar, body.url);
    await http.program.database.sql`UPDATE sign_in_flows SET expires_at = now() - interval '1 second'`;
    expect(await comeBack(jar, url)).toBe(REFUSED);
  });
});

test.each([
  '//evil.example',
  '/\\evil.example',
  'https:evil.example',
  '/..//evil.example',
  'javascript:alert(1)',
])('going on to %s ends at home', async (next) => {
  const jar = createJar();
  expect(await signIn(jar, 'first', { invitation: await invite(), next })).toBe('/');
});

test('a provider that is away, or inside, is said to be out of reach', async () => {
  for (const id of ['away', 'inside']) {
    expect((await begin(createJar(), id)).body).toMatchObject({ code: 'UNAVAILABLE' });
  }
  expect((await begin(createJar(), 'none')).status).toBe(404);
});

test('the sign-in page is told names and nothing else', async () => {
  const { body } = await http.ask('/api/v1/auth/providers');
  expect(body.providers[0]).toEqual({ id: 'first', name: 'first' });
});

describe('a process that dies before its commit', () => {
  const linkedRows = async () =>
    (
      await http.program.database.sql`SELECT FROM linked_identities
        WHERE issuer = ${first.issuer} AND subject = ${first.account.id}`
    ).length;
  const members = async () => (await http.program.database.sql`SELECT FROM memberships`).length;
  const unaudited = (work: () => Promise<void>, action?: string) =>
    withoutAudit(http.program.database.sql, work, action);
  /** Where the browser is sent that comes back: a person looks at it, so to a page that says it in words. */
  async function returnTo(jar: Jar, id: string, wish: object = {}): Promise<string | null> {
    return comeBack(jar, await visit(jar, (await begin(jar, id, wish)).body.url));
  }
  const FAULT = '/sign-in?problem=internal';

  test('links nobody, and uses nothing up but the errand: the next one links', async () => {
    const member = await joinAs(http, await owner(), 'viewer');
    const jar = createJar(member.cookie);
    await unaudited(async () => {
      expect(await returnTo(jar, 'first', LINK)).toBe('/?problem=internal');
    });
    expect(await linkedRows()).toBe(0);
    expect((await member.ask('/api/v1/me/identities')).body.identities).toEqual([]);
    expect(await signIn(jar, 'first', LINK)).toBe('/');
    expect(await linkedRows()).toBe(1);
    // Undoing it is one commit too.
    await unaudited(async () => {
      expect((await unlink(member.ask, PASSWORD)).status).toBe(500);
    });
    expect(await linkedRows()).toBe(1);
  });

  test('leaves nothing of a newcomer, who is let in as one person the next time', async () => {
    const before = await members();
    const jar = createJar();
    await unaudited(async () => {
      expect(await returnTo(jar, 'welcoming')).toBe(FAULT);
    });
    expect([await linkedRows(), await members()]).toEqual([0, before]);
    expect((await whoIs(jar)).status).toBe(401);
    // Dies once they are a member, before their session is there.
    await unaudited(async () => {
      expect(await returnTo(createJar(), 'welcoming')).toBe(FAULT);
    }, 'session.opened');
    expect([await linkedRows(), await members()]).toEqual([1, before + 1]);
    expect(await signIn(jar, 'welcoming')).toBe('/');
    expect((await whoIs(jar)).body).toMatchObject({ role: 'viewer' });
    expect([await linkedRows(), await members()]).toEqual([1, before + 1]);
  });

  test('leaves an invitation that was taken with an account there as it was', async () => {
    const invitation = await invite();
    const before = await members();
    const jar = createJar();
    await unaudited(async () => {
      expect(await returnTo(jar, 'first', { invitation })).toBe(FAULT);
    });
    expect([await linkedRows(), await members()]).toEqual([0, before]);
    expect(await signIn(jar, 'first', { invitation })).toBe('/');
    expect((await whoIs(jar)).status).toBe(200);
  });
});
