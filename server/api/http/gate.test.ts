import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ERROR_CODES, SignalboxError } from '#server/domain/errors.ts';
import { createLocalOwner } from '#server/identity/local-owner.ts';
import { authenticate, checkSource } from './gate.ts';
import { toProblem } from './problem.ts';
import { createRouter } from './router.ts';

function request(headers: Record<string, string>, method = 'POST'): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  Object.assign(message.headers, headers);
  message.method = method;
  return message;
}

const host = '127.0.0.1:3000';

test.each([
  ['a name that was pointed at us', { host: 'evil.example:3000' }],
  ['a page of another site', { host, origin: 'https://evil.example' }],
  ['a page of another port', { host, origin: 'http://127.0.0.1:8080' }],
  ['an opaque origin', { host, origin: 'null' }],
  ['a cross-site fetch', { host, 'sec-fetch-site': 'cross-site' }],
])('refuses %s', (_, headers) => {
  expect(() => checkSource(request(headers))).toThrow(SignalboxError);
});

test.each([
  ['our own page', { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }],
  ['a program', { host: 'localhost' }],
  ['a program over IPv6', { host: '[::1]:3000' }],
])('lets %s in', (_, headers) => {
  expect(() => checkSource(request(headers))).not.toThrow();
});

test('a token buys one session, which a changed signature or time ends', () => {
  let now = 1_000;
  const owner = createLocalOwner({ secret: 'secret', now: () => now });
  const token = owner.issueToken();
  const bought = owner.redeem(token);
  const session = bought?.session ?? '';
  expect(owner.redeem(token)).toBeUndefined();
  const withCookie = (value: string) => authenticate(request({ cookie: `a=b; s=${value}` }), owner, 's');
  expect(withCookie(session)).toMatchObject({ kind: 'local' });
  expect(withCookie(`9${session}`)).toBeUndefined();
  expect(withCookie('')).toBeUndefined();
  now += (bought?.maxAgeSeconds ?? 0) * 1000 + 1;
  expect(withCookie(session)).toBeUndefined();
});

test('a bearer secret counts only when it is the right one', () => {
  const owner = createLocalOwner({ secret: 'right', now: Date.now });
  const given = (secret: string) => authenticate(request({ authorization: `Bearer ${secret}` }), owner, 's');
  expect(given('right')).toMatchObject({ kind: 'local' });
  expect(given('wrong')).toBeUndefined();
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
