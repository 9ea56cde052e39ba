import { describe, expect, test } from 'vitest';
import { isRedirectUri } from './clients.ts';
import { audienceOf, createIssuerRule } from './issuer.ts';

const HERE = { isOn: true, publicUrl: undefined, isLocalOnly: true, host: '127.0.0.1' };

describe('tokens are given out', () => {
  test.each([
    [
      'on loopback, under the name that the start prints',
      HERE,
      'http://localhost:3000',
      'http://127.0.0.1:3000',
    ],
    ['at the port that a tunnel has', HERE, 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    [
      'under the public name by https',
      { ...HERE, isLocalOnly: false, publicUrl: 'https://a.example' },
      'https://a.example',
      'https://a.example',
    ],
    [
      'under a public name of loopback',
      { ...HERE, isLocalOnly: false, publicUrl: 'http://localhost:80' },
      'http://localhost',
      'http://localhost',
    ],
  ])('%s', (_, options, origin, issuer) => {
    expect(createIssuerRule(options)(origin)).toBe(issuer);
  });

  test.each([
    [
      'without https where others can reach the server',
      { ...HERE, isLocalOnly: false },
      'http://192.168.1.7:3000',
    ],
    [
      'under a public name without https',
      { ...HERE, isLocalOnly: false, publicUrl: 'http://a.example' },
      'http://a.example',
    ],
    [
      'under another name than the public one',
      { ...HERE, isLocalOnly: false, publicUrl: 'https://a.example' },
      'http://127.0.0.1:3000',
    ],
    ['under a name that was pointed at loopback', HERE, 'http://evil.example:3000'],
    ['where it is switched off', { ...HERE, isOn: false }, 'http://127.0.0.1:3000'],
    ['to what is no address', HERE, 'x'],
  ])('never %s', (_, options, origin) => {
    expect(createIssuerRule(options)(origin)).toBeNull();
  });
});

test('a token is for /mcp of this issuer, and for nothing beside it', () => {
  const rule = createIssuerRule(HERE);
  const of = (resource: string) => audienceOf(resource, 'http://127.0.0.1:3000', rule);
  expect(of('http://localhost:3000/mcp/research')).toBe('http://localhost:3000/mcp');
  expect(of('http://127.0.0.1:3000/mcp')).toBe('http://127.0.0.1:3000/mcp');
  for (const other of [
    'http://127.0.0.1:3001/mcp',
    'http://127.0.0.1:3000/mcpx',
    'http://127.0.0.1:3000/',
    'mcp',
  ])
    expect(of(other)).toBeNull();
});

test.each([
  ['https://app.example/callback', true],
  ['http://127.0.0.1:33418/', true],
  ['http://[::1]/callback', true],
  ['cursor://anysphere.cursor-mcp/oauth/callback', true],
  ['http://app.example/callback', false],
  ['https://localhost/callback', false],
  ['https://app.example/callback#x', false],
  ['https://name@app.example/callback', false],
  ['JavaScript:alert(1)', false],
  ['data:text/html,x', false],
  ['file:///etc/passwd', false],
  ['', false],
])('%s may be gone back to: %s', (uri, isFit) => {
  expect(isRedirectUri(uri)).toBe(isFit);
});
