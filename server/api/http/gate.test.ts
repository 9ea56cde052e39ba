import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, SignalboxError } from '#server/domain/errors.ts';
import type { KeyId } from '#server/domain/ids.ts';
import { makeKey } from '#server/identity/key-format.ts';
import { createGate, refuseKeyInUrl } from './gate.ts';
import { toProblem } from './problem.ts';
import { createRouter } from './router.ts';
import { cookieNames, createSessionKeeper } from './session-cookie.ts';

function request(headers: Record<string, string>, method = 'POST', address = '127.0.0.1'): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const message = new IncomingMessage(socket);
  Object.assign(message.headers, headers);
  message.method = method;
  return message;
}

const host = '127.0.0.1:3000';
const home = 'signalbox.example.org';
const local = createGate({});
const published = createGate({ publicUrl: `https://${home}` });

describe('where a request comes from', () => {
  test.each([
    ['a name that was pointed at us', { host: 'evil.example:3000' }],
    ['a name that begins like an address', { host: '127.0.0.1.evil.example' }],
    ['a page of another site', { host, origin: 'https://evil.example' }],
    ['a page of another port', { host, origin: 'http://127.0.0.1:8080' }],
    ['a page of ours over the wrong protocol', { host, origin: `https://${host}` }],
    ['an opaque origin', { host, origin: 'null' }],
    ['a cross-site fetch', { host, 'sec-fetch-site': 'cross-site' }],
    ['a sub-domain', { host, 'sec-fetch-site': 'same-site' }],
  ])('refuses %s', (_, headers) => {
    expect(() => local.checkSource(request(headers))).toThrow(SignalboxError);
  });

  test.each([
    ['http instead of https', `http://${home}`],
    ['another port', `https://${home}:8443`],
    ['a longer name', `https://${home}.evil.example`],
    ['a name before it', `https://x.${home}`],
    ['a user before it', `https://${home}@evil.example`],
  ])('refuses %s where the server has a name', (_, origin) => {
    expect(() => published.checkSource(request({ host: home, origin }))).toThrow(SignalboxError);
  });

  test.each([
    ['our own page', { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }],
    ['a program', { host: 'localhost' }],
    ['a program over IPv6', { host: '[::1]:3000' }],
    ['an address of this machine', { host: '192.168.1.7:3000' }],
  ])('lets %s in', (_, headers) => {
    expect(() => local.checkSource(request(headers))).not.toThrow();
    expect(() => published.checkSource(request({ host: home, origin: `https://${home}` }))).not.toThrow();
  });
});

describe('a write that counts because of a cookie', () => {
  const json = 'application/json';
  test.each([
    ['a form with JSON in it', { origin: `http://${host}`, 'content-type': 'text/plain' }],
    ['a form', { origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form with files', { origin: `http://${host}`, 'content-type': 'multipart/form-data; boundary=x' }],
    ['JSON with something behind', { origin: `http://${host}`, 'content-type': 'application/json;x' }],
    ['no type', { origin: `http://${host}` }],
    ['neither origin nor site', { 'content-type': json }],
    ['a site typed into the bar', { 'sec-fetch-site': 'none', 'content-type': json }],
    ['another origin', { origin: 'http://127.0.0.1:1', 'content-type': json }],
  ])('is refused with %s', (_, headers) => {
    expect(() => local.checkCookieWrite(request({ host, ...headers }))).toThrow(SignalboxError);
  });

  test.each([
    [{ origin: `http://${host}`, 'content-type': json }, 'POST'],
    [{ 'sec-fetch-site': 'same-origin', 'content-type': 'application/json; charset=UTF-8' }, 'PUT'],
    [{ origin: `http://${host}` }, 'DELETE'],
    [{}, 'GET'],
  ])('is let in from our own page: %j %s', (headers, method) => {
    expect(() => local.checkCookieWrite(request({ host, ...headers }, method))).not.toThrow();
  });
});

describe("the caller's address", () => {
  const behind = createGate({ trustedProxies: ['10.0.0.0/8', '::1'] });
  const forwarded = (list: string) => ({ 'x-forwarded-for': list });
  test.each([
    ['nobody is trusted', local, '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['the proxy is trusted', behind, '10.0.0.5', '203.0.113.9', '203.0.113.9'],
    ['the caller put something before', behind, '10.0.0.5', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['there are two proxies', behind, '10.0.0.5', '203.0.113.9, 10.0.0.6', '203.0.113.9'],
    ['the proxy says nonsense', behind, '10.0.0.5', 'unknown', '10.0.0.5'],
    ['the socket speaks IPv6', local, '::ffff:203.0.113.9', '', '203.0.113.9'],
  ])('is right when %s', (_, gate, socket, list, expected) => {
    expect(gate.addressOf(request(forwarded(list), 'GET', socket))).toBe(expected);
  });
});

test('a key in a URL is refused wherever it stands', () => {
  const key = makeKey('key', `key_${'0'.repeat(31)}1` as KeyId);
  for (const url of [`/api/v1/runs?token=${key}`, `/api/v1/${key}`, `/?a=${key.slice(0, 70)}`]) {
    expect(() => refuseKeyInUrl(url)).toThrow(/key in the URL/);
  }
  expect(() => refuseKeyInUrl('/api/v1/keys/key_00000000000000000000000000000001')).not.toThrow();
});

test('the cookie is bound to the host where it can be, and never to be read by a script', () => {
  const said = (isHttps: boolean, act: (keeper: ReturnType<typeof createSessionKeeper>) => void) => {
    const response = new ServerResponse(request({}));
    const names = cookieNames({ port: 3000, isHttps });
    act(
      createSessionKeeper(response, { names, isHttps, origin: '', flow: undefined, appRequest: undefined }),
    );
    return response.getHeader('set-cookie');
  };
  expect(said(false, ({ keep }) => keep('t', 60))).toBe(
    'signalbox_session_3000=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60',
  );
  expect(said(true, ({ keep }) => keep('t', 60))).toBe(
    '__Host-signalbox_session_3000=t; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60',
  );
  expect(said(true, ({ forget }) => forget())).toContain('Max-Age=0');
});

test('credentials are read from their own places only', () => {
  const read = (headers: Record<string, string>) =>
    local.credentialsOf(request(headers), { cookieName: 's', requestId: 'r' });
  expect(read({ cookie: 'a=b; s=token; c=d', 'user-agent': 'x' })).toEqual({
    bearer: undefined,
    session: 'token',
    from: { address: '127.0.0.1', requestId: 'r', userAgent: 'x' },
  });
  expect(read({ cookie: 'xs=token' }).session).toBeUndefined();
  expect(read({ authorization: 'Bearer abc' }).bearer).toBe('abc');
  expect(read({ authorization: 'Basic abc' }).bearer).toBeUndefined();
});

test('every error code has a status, and what is ours is not told to others', () => {
  for (const code of ERROR_CODES) {
    expect(toProblem(new SignalboxError(code, 'x'), 'id').status).toBeGreaterThanOrEqual(400);
  }
  expect(JSON.stringify(toProblem(new Error('password=hunter2'), 'id'))).not.toContain('hunter2');
});

test('a literal path wins over a parameter, and a wrong method names the right ones', () => {
  const handle = () => Promise.reject(new Error('not called'));
  const match = createRouter([
    { method: 'GET', path: '/p/{id}', handle },
    { method: 'POST', path: '/p/import', handle },
  ]);
  expect(match('GET', '/p/a%2Fb')).toMatchObject({ kind: 'found', params: { id: 'a/b' } });
  expect(match('POST', '/p/import')).toMatchObject({ kind: 'found', route: { path: '/p/import' } });
  expect(match('DELETE', '/p/x')).toEqual({ kind: 'wrong-method', allowed: ['GET'] });
  expect(match('GET', '/nowhere')).toEqual({ kind: 'missing' });
});
