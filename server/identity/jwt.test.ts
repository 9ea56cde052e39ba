import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactEncrypt, exportJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { type Issuer, issuerSchema } from './issuers.ts';
import { createJwtVerifier } from './jwt.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const SECONDS = NOW / 1000;
const SECRET = 'a shared secret of thirty-two or more';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let server: Server;
let keys: JWK[];
let hits = 0;
let isDown = false;
const troubles: string[] = [];
const fetch = createSafeFetch({ allow: ['127.0.0.0/8'] });

beforeAll(async () => {
  keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa-1', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec-1', alg: 'ES256', use: 'sig' },
  ];
  server = createServer((_request, response) => {
    hits += 1;
    if (isDown) response.writeHead(503).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  fetch.close();
  server.closeAllConnections();
  server.close();
});

const jwksUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
const roles = { boss: 'admin', staff: 'operator' };
const base = { audience: 'signalbox', roles };

function verifier(extra: object[] = []) {
  const issuers = [
    { ...base, issuer: 'https://flask.example', algorithm: 'HS256', secret: SECRET },
    { ...base, issuer: 'https://rsa.example', algorithm: 'RS256', jwksUrl: jwksUrl() },
    { ...base, issuer: 'https://ec.example', algorithm: 'ES256', jwksUrl: jwksUrl() },
    ...extra,
  ].map((issuer): Issuer => issuerSchema.parse(issuer));
  const onTrouble = (message: string) => troubles.push(message);
  return createJwtVerifier({ issuers, fetch, now: () => NOW, onTrouble });
}

const claims = (more: object = {}) => ({
  iss: 'https://flask.example',
  aud: 'signalbox',
  sub: 'user-7',
  iat: SECONDS,
  exp: SECONDS + 600,
  role: 'staff',
  ...more,
});

const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const textOf = (payload: object | string, header: object | string) => `${encode(header)}.${encode(payload)}`;

/** By hand, so that it can be as wrong as one likes. */
function hs256(
  payload: object | string,
  header: object | string = { alg: 'HS256', typ: 'at+jwt' },
  key: string | Buffer = SECRET,
) {
  const text = textOf(payload, header);
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/** Right in all but that the issuer signs otherwise. */
function hs512(payload: object) {
  const text = textOf(payload, { alg: 'HS512', typ: 'at+jwt' });
  return `${text}.${createHmac('sha512', SECRET).update(text).digest('base64url')}`;
}

const signed = (
  key: KeyObject,
  { alg, kid, iss }: { alg: string; kid: string; iss: string },
  more: object = {},
) => new SignJWT(claims({ iss, ...more })).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(key);

/** With the very key of the issuer, which may sign in more ways than one. */
const byRsaPss = () => signed(rsa.privateKey, { alg: 'PS256', kid: 'rsa-1', iss: 'https://rsa.example' });

const byRsa = (more: object = {}) =>
  signed(rsa.privateKey, { alg: 'RS256', kid: 'rsa-1', iss: 'https://rsa.example' }, more);

describe('a token of an issuer that is known', () => {
  test('is the person that it names, with the role that its claim stands for', async () => {
    expect(await verifier().verify(hs256(claims({ name: 'Ada' })))).toMatchObject({
      kind: 'external',
      id: 'https://flask.example#user-7',
      name: 'Ada',
      role: 'operator',
      userId: null,
    });
    expect(await verifier().verify(await byRsa({ role: ['nobody', 'boss'] }))).toMatchObject({
      role: 'admin',
    });
    const byEc = await signed(ec.privateKey, { alg: 'ES256', kid: 'ec-1', iss: 'https://ec.example' });
    expect(await verifier().verify(byEc)).toMatchObject({ role: 'operator' });
  });

  test('counts for whoever signs as PyJWT does, where that type is configured', async () => {
    const flask = {
      ...base,
      issuer: 'https://plain.example',
      algorithm: 'HS256',
      secret: SECRET,
      type: 'JWT',
    };
    const token = hs256(claims({ iss: 'https://plain.example' }), { alg: 'HS256', typ: 'JWT' });
    expect(await verifier([flask]).verify(token)).toMatchObject({ role: 'operator' });
    expect(await verifier().verify(token)).toBeUndefined();
  });
});

const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rsaClaims = claims({ iss: 'https://rsa.example' });
const good = hs256(claims());
const [head = '', body = '', signature = ''] = good.split('.');

describe('refuses', () => {
  test.each([
    ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [`alg ${JSON.stringify(alg)} without a signature`, `${encode({ alg, typ: 'at+jwt' })}.${body}.`],
      [`alg ${JSON.stringify(alg)} with one`, `${encode({ alg, typ: 'at+jwt' })}.${body}.${signature}`],
    ]),
    [
      'HS256 with the public key as secret',
      hs256(rsaClaims, { alg: 'HS256', typ: 'at+jwt', kid: 'rsa-1' }, pem),
    ],
    ['the same without the last line end', hs256(rsaClaims, { alg: 'HS256', typ: 'at+jwt' }, pem.trimEnd())],
    [
      'the same with the key in its other form',
      hs256(
        rsaClaims,
        { alg: 'HS256', typ: 'at+jwt' },
        rsa.publicKey.export({ type: 'spki', format: 'der' }),
      ),
    ],
    ['an alg that the issuer does not use', hs512(claims())],
    ['an alg with which it is not signed', hs256(claims(), { alg: 'HS512', typ: 'at+jwt' })],
    [
      'a key that it brings along',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt', jwk: { kty: 'oct', k: encode(SECRET) } }),
    ],
    [
      'a place for its keys',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt', jku: 'https://evil.example/keys' }),
    ],
    ['a certificate that it brings along', hs256(claims(), { alg: 'HS256', typ: 'at+jwt', x5c: ['MIIB'] })],
    [
      'a place for its certificate',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt', x5u: 'https://evil.example' }),
    ],
    [
      'extensions that must be understood',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt', crit: ['x'], x: 1 }),
    ],
    [
      'a payload that is not encoded',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt', b64: false, crit: ['b64'] }),
    ],
    ['a packed payload', hs256(claims(), { alg: 'HS256', typ: 'at+jwt', zip: 'DEF' })],
    ['a kid that is a number', hs256(claims(), { alg: 'HS256', typ: 'at+jwt', kid: 7 })],
    ['a kid of 10 kB', hs256(claims(), { alg: 'HS256', typ: 'at+jwt', kid: 'k'.repeat(10_000) })],
    ['no signature', `${head}.${body}`],
    ['an empty signature', `${head}.${body}.`],
    ['parts that were swapped', `${body}.${head}.${signature}`],
    ['four parts', `${good}.${signature}`],
    ['a changed payload', `${head}.${encode(claims({ role: 'boss' }))}.${signature}`],
    ['padding', `${head}.${body}.${signature}=`],
    [
      'a signature written in another way',
      `${head}.${body}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`,
    ],
    ['the letters of plain base64', good.replaceAll('-', '+').replaceAll('_', '/').replace('.', ' .')],
    ['a line at its end', `${good}\n`],
    [
      'a claim twice',
      hs256(
        `{"iss":"https://flask.example","aud":"signalbox","sub":"a","sub":"b","role":"staff","iat":${SECONDS},"exp":${SECONDS + 60}}`,
      ),
    ],
    ['a header twice', hs256(claims(), '{"alg":"HS256","alg":"HS256","typ":"at+jwt"}')],
    ['a payload that is a list', hs256('["https://flask.example"]')],
    ['a payload that is no JSON', hs256('{')],
    ['an exp that is past', hs256(claims({ iat: SECONDS - 700, exp: SECONDS - 61 }))],
    ['no exp', hs256(claims({ exp: undefined }))],
    ['an exp that is a text', hs256(claims({ exp: String(SECONDS + 600) }))],
    ['an exp at the end of time', hs256(claims({ exp: 1e20 }))],
    ['a life that is too long', hs256(claims({ exp: SECONDS + 3600 }))],
    ['no iat', hs256(claims({ iat: undefined }))],
    ['an iat in the future', hs256(claims({ iat: SECONDS + 3600, exp: SECONDS + 3700 }))],
    ['an nbf in the future', hs256(claims({ nbf: SECONDS + 120 }))],
    ['an issuer that nobody knows', hs256(claims({ iss: 'https://evil.example' }))],
    ['an issuer with a slash more', hs256(claims({ iss: 'https://flask.example/' }))],
    ['an issuer that is a list', hs256(claims({ iss: ['https://flask.example'] }))],
    ['the name of something that every object has', hs256(claims({ iss: '__proto__' }))],
    ['the token of another issuer', hs256(claims({ iss: 'https://rsa.example' }))],
    ['another audience', hs256(claims({ aud: 'somebody-else' }))],
    ['an audience of several', hs256(claims({ aud: ['signalbox', 'somebody-else'] }))],
    ['no audience', hs256(claims({ aud: undefined }))],
    ['an id token', hs256(claims(), { alg: 'HS256', typ: 'JWT' })],
    ['a refresh token', hs256(claims(), { alg: 'HS256', typ: 'refresh+jwt' })],
    ['no type', hs256(claims(), { alg: 'HS256' })],
    ['nobody', hs256(claims({ sub: undefined }))],
    ['a role that stands for nothing here', hs256(claims({ role: 'owner' }))],
    ['a role that every object has', hs256(claims({ role: 'constructor' }))],
    ['no role', hs256(claims({ role: undefined }))],
    [
      'another secret',
      hs256(claims(), { alg: 'HS256', typ: 'at+jwt' }, 'another secret of thirty-two or more'),
    ],
    ['an empty secret', hs256(claims(), { alg: 'HS256', typ: 'at+jwt' }, '')],
    ['100 kB', hs256(claims({ x: 'x'.repeat(100_000) }))],
    ['deep nesting', hs256(`{"iss":${'['.repeat(500)}${']'.repeat(500)}}`)],
    ['nothing', ''],
    ['two dots', '..'],
  ])('%s', async (_, token) => {
    expect(await verifier().verify(token)).toBeUndefined();
  });

  test('its own key, used in another way than the issuer does', async () => {
    expect(await verifier().verify(await byRsaPss())).toBeUndefined();
  });

  test('a token whose keys are none of the issuer', async () => {
    const wrong = await signed(otherRsa.privateKey, {
      alg: 'RS256',
      kid: 'rsa-1',
      iss: 'https://rsa.example',
    });
    expect(await verifier().verify(wrong)).toBeUndefined();
    for (const kid of ['../../dev/null', "' OR 1=1--", 'unknown', 'ec-1', '']) {
      const token = await signed(rsa.privateKey, { alg: 'RS256', kid, iss: 'https://rsa.example' });
      expect(await verifier().verify(token)).toBeUndefined();
    }
  });

  test('an ECDSA signature of zeros', async () => {
    const token = await signed(ec.privateKey, { alg: 'ES256', kid: 'ec-1', iss: 'https://ec.example' });
    const zeros = Buffer.alloc(64).toString('base64url');
    expect(await verifier().verify(`${token.slice(0, token.lastIndexOf('.'))}.${zeros}`)).toBeUndefined();
  });

  test('an encrypted token', async () => {
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' })
      .encrypt(Buffer.from(SECRET.slice(0, 32)));
    expect(await verifier().verify(jwe)).toBeUndefined();
  });
});

test('without trouble: what was refused so far was refused for itself', () => {
  expect(troubles).toEqual([]);
});

test('keys are fetched once, whoever knocks, and a place inside is not asked', async () => {
  const one = verifier();
  const before = hits;
  for (const kid of ['rsa-1', 'unknown-1', 'unknown-2', 'unknown-3']) {
    await one.verify(await signed(rsa.privateKey, { alg: 'RS256', kid, iss: 'https://rsa.example' }));
  }
  expect(hits - before).toBe(1);
  const strict = createSafeFetch({ allow: [] });
  const inside = issuerSchema.parse({
    ...base,
    issuer: 'https://rsa.example',
    algorithm: 'RS256',
    jwksUrl: jwksUrl(),
  });
  const said: string[] = [];
  const guarded = createJwtVerifier({
    issuers: [inside],
    fetch: strict,
    now: () => NOW,
    onTrouble: (message) => said.push(message),
  });
  expect(await guarded.verify(await byRsa())).toBeUndefined();
  expect(hits - before).toBe(1);
  expect(said).toHaveLength(1);
  strict.close();
});

test('while the keys cannot be had nobody comes in, and tokens do not make one request each', async () => {
  isDown = true;
  const one = verifier();
  const before = hits;
  const token = await byRsa();
  for (let tries = 0; tries < 5; tries += 1) expect(await one.verify(token)).toBeUndefined();
  expect(hits - before).toBe(1);
  isDown = false;
  expect(troubles.length).toBeGreaterThan(0);
});

test('the configuration takes no short secret, and no key with the wrong kind of algorithm', () => {
  const issuer = 'https://x.example';
  expect(issuerSchema.safeParse({ ...base, issuer, algorithm: 'HS256', secret: 'short' }).success).toBe(
    false,
  );
  expect(issuerSchema.safeParse({ ...base, issuer, algorithm: 'RS256', secret: SECRET }).success).toBe(false);
  expect(issuerSchema.safeParse({ ...base, issuer, algorithm: 'none', secret: SECRET }).success).toBe(false);
});
