import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SignalboxError } from '#server/domain/errors.ts';
import { createSafeFetch, type SafeFetch } from '#server/platform/safe-fetch.ts';
import { startTestOAuth2Provider, type TestOAuth2Provider } from '#server/testing/oauth2-provider.ts';
import { type Provider, providersSchema } from './provider-schema.ts';
import { createProviders } from './providers.ts';

const CALLBACK = 'http://127.0.0.1:9/callback';
const fetchSafely = createSafeFetch({ allow: ['127.0.0.0/8'] });
let server: TestOAuth2Provider;
let troubles: string[] = [];

beforeAll(async () => {
  server = await startTestOAuth2Provider();
});
afterAll(async () => {
  fetchSafely.close();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  troubles = [];
  Object.assign(server, { answers: {}, account: { id: 7, name: 'Ada' }, issuerInAnswers: undefined });
});

const read = (...entries: object[]) => providersSchema.safeParse(entries);

function configured(more: object = {}, fetch: SafeFetch = fetchSafely) {
  const [provider] = providersSchema.parse([{ id: 'git', name: 'Git', ...server.entry, ...more }]);
  const providers = createProviders({
    all: [provider as Provider],
    fetch,
    now: Date.now,
    onTrouble: (message, error) => troubles.push(`${message} ${(error as Error).message}`),
  });
  return { provider: provider as Provider, providers };
}

/** To the provider and back, as a browser goes. */
async function introduce(more: object = {}, fetch?: SafeFetch) {
  const { provider, providers } = configured(more, fetch);
  const errand = providers.newErrand(CALLBACK);
  const to = await providers.addressFor(provider, errand);
  const back = (await globalThis.fetch(to, { redirect: 'manual' })).headers.get('location');
  return providers.introduce(provider, errand, new URL(back ?? '').searchParams);
}

const failure = (more?: object, fetch?: SafeFetch): Promise<SignalboxError> =>
  introduce(more, fetch).then(
    (who) => expect.unreachable(`somebody was let in: ${JSON.stringify(who)}`),
    (error) => error,
  );

describe('who somebody is', () => {
  test.each([
    ['a number', { id: 7 }, '7'],
    ['a text', { id: 'u-7' }, 'u-7'],
    ['the largest number that is exact', { id: Number.MAX_SAFE_INTEGER }, '9007199254740991'],
    ['a text of digits, however many', { id: '123456789012345678901' }, '123456789012345678901'],
  ])('is the subject claim: %s', async (_, account, subject) => {
    server.account = account;
    expect(await introduce()).toEqual({ issuer: server.entry.issuer, subject, name: subject });
  });

  test('stands within an object where the claim says so, and the first name that is there is theirs', async () => {
    server.account = { data: { id: '7', username: 'ada', name: ' ' }, id: 'not this one' };
    const claims = { subjectClaim: 'data.id', nameClaims: ['data.name', 'data.username'] };
    expect(await introduce(claims)).toMatchObject({ subject: '7', name: 'ada' });
  });

  test('is asked for with the secret in a header, or among the fields where that is configured', async () => {
    server.proofs = [];
    await introduce();
    await introduce({ clientAuth: 'post' });
    expect(server.proofs).toEqual(['basic', 'post']);
  });

  test('is not said by an e-mail address, verified or not', async () => {
    server.account = { email: 'ada@example.org', email_verified: true, name: 'Ada' };
    expect((await failure()).code).toBe('UNAVAILABLE');
  });
});

const body = (text: string, status = 200) => {
  return (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(text);
};

/** For as long as anybody reads it: 100 MB. */
function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  let left = 1600;
  const send = (): void => {
    while (left-- > 0) if (!response.write('x'.repeat(65_536))) return;
    response.end();
  };
  response.on('drain', send).on('error', () => undefined);
  send();
}

describe('lets nobody in, and says why in the log,', () => {
  test.each([
    ['what is no JSON', body('<html>hello</html>'), /cannot be read as JSON/],
    ['a list', body('[{"id":7}]'), /no object/],
    ['a field twice', body('{"id":7,"id":8}'), /cannot be read as JSON/],
    ['deep nesting', body(`{"id":7,"x":${'['.repeat(1000)}${']'.repeat(1000)}}`), /cannot be read as JSON/],
    ['nothing', body(''), /cannot be read as JSON/],
    ['nobody', body('{"login":"ada"}'), /without "id"/],
    ['the name of what every object has', body('{"__proto__":{"id":7}}'), /without "id"/],
    ['null', body('{"id":null}'), /"id" that is neither/],
    ['an empty text', body('{"id":" "}'), /"id" that is neither/],
    ['a text without end', body(`{"id":"${'7'.repeat(256)}"}`), /"id" that is neither/],
    ['a text that no database takes', body('{"id":"7\\u0000"}'), /"id" that is neither/],
    ['a number that is not read exactly', body('{"id":9007199254740993}'), /"id" that is neither/],
    ['a part of a number', body('{"id":7.5}'), /"id" that is neither/],
    ['a number below zero', body('{"id":-7}'), /"id" that is neither/],
    ['yes', body('{"id":true}'), /"id" that is neither/],
    ['an object', body('{"id":{"id":7}}'), /"id" that is neither/],
    ['a refusal', body('{"id":7}', 403), /answered 403/],
    ['a fault', body('{"id":7}', 500), /answered 500/],
    [
      'a way to another address',
      (response: ServerResponse) => void response.writeHead(302, { location: '/elsewhere' }).end(),
      /answered 302/,
    ],
    ['100 MB', endless, /larger than 1000000 bytes/],
    ['nothing, and the line cut', (response: ServerResponse) => void response.destroy(), /connection/],
  ])('where the answer is %s', async (_, userinfo, why) => {
    server.answers = { userinfo };
    expect(await failure()).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Git did not say who you are.',
    });
    expect(troubles).toEqual([expect.stringMatching(why)]);
  });

  test.each([
    ['what is no JSON', body('access_token=abc&token_type=bearer')],
    ['an error with status 200, as GitHub does it', body('{"error":"bad_verification_code"}')],
    ['no token', body('{"token_type":"bearer"}')],
    ['a token that is a number', body('{"access_token":7,"token_type":"bearer"}')],
    ['100 MB', endless],
    ['a fault', body('{}', 500)],
  ])('where the token is %s', async (_, token) => {
    server.answers = { token };
    expect((await failure()).code).toBe('UNAUTHENTICATED');
    expect(troubles).toEqual([expect.stringContaining('Git did not sign somebody in.')]);
  });

  test('where the provider says of itself that it is another', async () => {
    server.issuerInAnswers = 'https://evil.example';
    expect((await failure()).code).toBe('UNAUTHENTICATED');
    server.issuerInAnswers = server.entry.issuer;
    expect(await introduce()).toMatchObject({ subject: '7' });
  });

  test('where it is inside, and the administrator has not opened that network', async () => {
    const strict = createSafeFetch({ allow: [] });
    expect((await failure({}, strict)).code).toBe('UNAUTHENTICATED');
    expect(troubles).toEqual([expect.stringContaining('Git did not sign somebody in.')]);
    strict.close();
    const [inner, before] = ['http://10.255.255.1/user', server.tokenAnswers.length];
    troubles = [];
    expect((await failure({ userinfoUrl: inner })).code).toBe('UNAVAILABLE');
    expect(server.tokenAnswers.length).toBe(before + 1);
    expect(troubles).toEqual([expect.stringContaining('not allowed')]);
  });
});

describe('the configuration', () => {
  const entry = (more: object = {}) => ({ id: 'git', name: 'Git', ...server.entry, ...more });
  const openId = (more: object = {}) => ({
    ...{ id: 'open', name: 'Open', issuer: server.entry.issuer, clientId: 'x', clientSecret: 'y' },
    ...more,
  });
  const GITHUB = { id: 'github', name: 'GitHub', type: 'github', clientId: 'x', clientSecret: 'y' };

  test.each([
    ['an e-mail address as the subject', () => [entry({ subjectClaim: 'user.Email' })], /e-mail/],
    ['the scope of OpenID', () => [entry({ scope: 'openid profile' })], /openid/],
    ['no subject', () => [entry({ subjectClaim: undefined })], /./],
    ['a place that is no address', () => [entry({ tokenUrl: 'file:///etc/passwd' })], /./],
    ['another kind', () => [entry({ type: 'saml' })], /./],
    ['newcomers from all of GitHub', () => [{ ...GITHUB, newcomers: 'viewer' }], /newcomers/],
    ['an id twice', () => [entry(), entry()], /id twice/],
    ['one issuer, told apart by a token and by a claim', () => [entry(), openId()], /two ways/],
    [
      'one issuer, told apart by two claims',
      () => [entry(), entry({ id: 'other', subjectClaim: 'login' })],
      /two ways/,
    ],
  ])('takes not: %s', (_, entries, why) => {
    const { success, error } = read(...entries());
    expect(success).toBe(false);
    expect(error?.message).toMatch(why);
  });

  test('has a word for GitHub, which fills the rest', async () => {
    const { providers, provider } = configured({}, fetchSafely);
    expect(provider.type).toBe('oauth2');
    const [github] = providersSchema.parse([GITHUB]) as [Provider];
    const to = await providers.addressFor(github, providers.newErrand(CALLBACK));
    expect(to.origin + to.pathname).toBe('https://github.com/login/oauth/authorize');
    expect([...to.searchParams.keys()].sort()).toEqual([
      ...['client_id', 'code_challenge', 'code_challenge_method', 'redirect_uri', 'response_type', 'state'],
    ]);
    expect(github).toMatchObject({ subjectClaim: 'id', userinfoUrl: 'https://api.github.com/user' });
  });

  test('takes one issuer twice where its accounts are told apart in one way', () => {
    expect(read(entry(), entry({ id: 'welcoming', newcomers: 'viewer' })).success).toBe(true);
    expect(read(openId(), openId({ id: 'welcoming', newcomers: 'viewer' }), GITHUB).success).toBe(true);
  });
});
