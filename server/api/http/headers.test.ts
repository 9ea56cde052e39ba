import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { dropInnerHeaders, pagePolicy, setSecurityHeaders } from './headers.ts';

function headersOf(isHttps: boolean): Record<string, string> {
  const set: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => Object.assign(set, { [name]: value }) };
  setSecurityHeaders(response as unknown as ServerResponse, { isHttps });
  return set;
}

const scriptsOf = (policy: string) => policy.split('; ').find((part) => part.startsWith('script-src '));

test('a page runs only what carries its own nonce, which no other page has', () => {
  const [one, other] = [pagePolicy({ isDev: false }), pagePolicy({ isDev: false })];
  expect(scriptsOf(one)).toMatch(/^script-src 'nonce-[A-Za-z0-9+/]{22}==' 'strict-dynamic'$/);
  expect(scriptsOf(one)).not.toBe(scriptsOf(other));
});

test('what a page does not name it may not have, and nobody may frame it or move its base', () => {
  const policy = pagePolicy({ isDev: false }).split('; ');
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
    ]),
  );
  expect(policy.filter((part) => /\*|https?:|unsafe-eval/.test(part))).toEqual([]);
  // Attributes set widths; a style that is loaded or written into the page needs the nonce.
  expect(policy.filter((part) => part.includes('unsafe-inline'))).toEqual(["style-src-attr 'unsafe-inline'"]);
});

test('an answer is data to browsers: not sniffed, not framed, not run; https is kept to where there is https', () => {
  const plain = headersOf(false);
  expect(plain).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  });
  expect(plain).not.toHaveProperty('strict-transport-security');
  expect(headersOf(true)['strict-transport-security']).toMatch(/^max-age=\d{7,}$/);
});

test('what the pages say to themselves in headers is not taken from outside', () => {
  const headers: IncomingHttpHeaders = {
    'x-middleware-subrequest': 'middleware',
    'x-forwarded-host': 'evil.example',
    'next-action': '1',
    'content-security-policy': 'script-src *',
    'x-request-id': 'kept',
    cookie: 'kept',
  };
  dropInnerHeaders(headers);
  expect(headers).toEqual({ 'x-request-id': 'kept', cookie: 'kept' });
});
