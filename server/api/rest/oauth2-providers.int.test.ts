import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createJar, type Jar } from '#server/testing/cookie-jar.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { startTestOAuth2Provider, type TestOAuth2Provider } from '#server/testing/oauth2-provider.ts';
import { browserWith, joinAs, PASSWORD, signInByLink } from '#server/testing/people.ts';
import { createProviderJourney } from '#server/testing/provider-journey.ts';

let folder: string;
let http: TestServer;
let first: TestOAuth2Provider;
let second: TestOAuth2Provider;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-oauth2-'));
  [first, second] = await Promise.all([startTestOAuth2Provider(), startTestOAuth2Provider()]);
  const providers = [
    { id: 'first', name: 'First', ...first.entry },
    { id: 'second', name: 'Second', ...second.entry, clientAuth: 'post' },
    { id: 'welcoming', name: 'Welcoming', ...first.entry, newcomers: 'viewer' },
  ];
  const file = join(folder, 'identity.json');
  await writeFile(file, JSON.stringify({ providers }));
  http = await startTestServer({
    SIGNALBOX_IDENTITY_FILE: file,
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
  });
});
afterAll(async () => {
  await http?.[Symbol.asyncDispose]();
  await Promise.all([first?.[Symbol.asyncDispose](), second?.[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

let ids = 0;
beforeEach(() => {
  ids += 1;
  for (const provider of [first, second])
    Object.assign(provider, { account: { id: ids, name: 'Ada' }, answers: {} });
});

const { begin, visit, comeBack, signIn } = createProviderJourney(() => http);
const owner = () => signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
const LINK = { link: true, current_password: PASSWORD, next: '/settings/account' };
const REFUSED = '/sign-in?problem=unauthenticated';

const invite = async (role: string): Promise<string> =>
  (await (await owner()).ask('/api/v1/invites', { body: { role } })).body.token;

function whoIs({ jar }: Jar) {
  const [pair] = [...jar].filter(([name]) => name.startsWith('signalbox_session'));
  return browserWith(http, pair ? pair.join('=') : '').ask('/api/v1/me');
}

test('the sign-in page offers them like any other, and the way there carries a challenge and a state', async () => {
  const offered = (await http.ask('/api/v1/auth/providers')).body.providers;
  expect(offered[0]).toEqual({ id: 'first', name: 'First' });
  const { searchParams } = new URL((await begin(createJar(), 'first')).body.url);
  expect(searchParams.get('code_challenge_method')).toBe('S256');
  for (const name of ['code_challenge', 'state']) expect(searchParams.get(name)?.length).toBeGreaterThan(30);
});

describe('somebody whom a plain OAuth 2.0 provider knows', () => {
  test.each(['first', 'second'])('joins by %s with an invitation, and comes back without', async (id) => {
    const jar = createJar();
    expect(await signIn(jar, id, { invitation: await invite('operator') })).toBe('/');
    const joined = (await whoIs(jar)).body;
    expect(joined).toMatchObject({ kind: 'person', role: 'operator', name: 'Ada', account: { email: null } });
    const again = createJar();
    expect(await signIn(again, id, { next: '/runs?x=1' })).toBe('/runs?x=1');
    expect((await whoIs(again)).body.id).toBe(joined.id);
  });

  test('is turned away uninvited, and let in where the configuration welcomes newcomers', async () => {
    const jar = createJar();
    expect(await signIn(jar, 'first')).toBe('/sign-in?problem=forbidden');
    expect((await whoIs(jar)).status).toBe(401);
    expect(await signIn(jar, 'welcoming')).toBe('/');
    expect((await whoIs(jar)).body).toMatchObject({ role: 'viewer' });
  });

  test('is not taken for who has the same e-mail here, verified or not, nor for the same id elsewhere', async () => {
    const member = await joinAs(http, await owner(), 'admin');
    for (const verified of [true, false]) {
      ids += 1;
      const said = { email: member.email, email_verified: verified, verified_email: verified };
      first.account = { id: ids, name: 'Eve', ...said };
      expect(await signIn(createJar(), 'first')).toBe('/sign-in?problem=forbidden');
      const jar = createJar();
      expect(await signIn(jar, 'welcoming')).toBe('/');
      expect((await whoIs(jar)).body.id).not.toBe(member.id);
      second.account = { id: ids, name: 'Eve', ...said };
      expect(await signIn(createJar(), 'second')).toBe('/sign-in?problem=forbidden');
    }
    expect((await member.ask('/api/v1/me/identities')).body.identities).toEqual([]);
  });

  test('links the account that they have, and then signs in with it', async () => {
    const member = await joinAs(http, await owner(), 'viewer');
    const jar = createJar(member.cookie);
    expect((await begin(jar, 'first', { link: true })).status).toBe(403);
    expect(await signIn(jar, 'first', LINK)).toBe(LINK.next);
    expect((await member.ask('/api/v1/me/identities')).body.identities).toMatchObject([
      { issuer: first.entry.issuer, subject: String(ids) },
    ]);
    const other = createJar();
    await signIn(other, 'first');
    expect((await whoIs(other)).body.id).toBe(member.id);
  });
});

describe('lets nobody in', () => {
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

  test('with another state, without one, in another browser, or a second time', async () => {
    const change = async (how: (url: URL) => void, by?: Jar) => {
      const jar = createJar();
      const invitation = await invite('viewer');
      const url = new URL(await visit(jar, (await begin(jar, 'first', { invitation })).body.url));
      how(url);
      return comeBack(by ?? jar, url.href);
    };
    expect(await change((url) => url.searchParams.set('state', 'x'.repeat(43)))).toBe(REFUSED);
    expect(await change((url) => url.searchParams.delete('state'))).toBe(REFUSED);
    expect(await change(() => undefined, createJar())).toBe(REFUSED);
    const jar = createJar();
    const url = await visit(
      jar,
      (await begin(jar, 'first', { invitation: await invite('viewer') })).body.url,
    );
    const copy = createJar();
    for (const [name, value] of jar.jar) copy.jar.set(name, value);
    expect(await comeBack(jar, url)).toBe('/');
    expect(await comeBack(copy, url)).toBe(REFUSED);
  });

  test('where the provider does not say who they are: told in words, and signed in as before', async () => {
    first.answers = { userinfo: (response) => void response.end('<html>') };
    const jar = createJar();
    const told = '/sign-in?problem=unavailable';
    expect(await signIn(jar, 'welcoming', { invitation: await invite('viewer') })).toBe(told);
    expect((await whoIs(jar)).status).toBe(401);
    const member = await joinAs(http, await owner(), 'viewer');
    expect(await signIn(createJar(member.cookie), 'first', LINK)).toBe(`${LINK.next}?problem=unavailable`);
    expect((await member.ask('/api/v1/me/identities')).body.identities).toEqual([]);
  });
});
