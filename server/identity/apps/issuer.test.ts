import { describe, expect, test } from 'vitest';
import { isRedirectUri } from './clients.ts';
import { createIssuerRule, findResource } from './issuer.ts';

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

describe('a token', () => {
  const rule = createIssuerRule(HERE);
  const of = (resource: string) => findResource(resource, 'http://127.0.0.1:3000', rule);

  test.each([
    ['/mcp', '/mcp', { kind: 'own' }],
    ['/mcp/', '/mcp', { kind: 'own' }],
    ['/mcp/gateway', '/mcp/gateway', { kind: 'gateway' }],
    ['//mcp//gateway/search/', '/mcp/gateway/search', { kind: 'gateway' }],
    ['/mcp/servers/search', '/mcp/servers/search', { kind: 'server', name: 'search' }],
    ['/mcp/servers/a-1/search', '/mcp/servers/a-1/search', { kind: 'server', name: 'a-1' }],
  ])('for %s is made out for %s', (path, audience, reach) => {
    expect(of(`http://localhost:3000${path}`)).toMatchObject({
      audience: `http://localhost:3000${audience}`,
      place: { reach },
    });
  });

  test.each([
    'http://127.0.0.1:3001/mcp',
    'http://127.0.0.1:3000/mcpx',
    'http://127.0.0.1:3000/mcp/research',
    'http://127.0.0.1:3000/mcp/gateway/search/search',
    'http://127.0.0.1:3000/mcp/servers',
    'http://127.0.0.1:3000/mcp/servers/A',
    'http://127.0.0.1:3000/mcp/servers/%61',
    'http://127.0.0.1:3000/mcp/servers/a/other',
    'http://127.0.0.1:3000/tools/runs_list',
    'http://127.0.0.1:3000/mcp?x=1',
    'http://127.0.0.1:3000/',
    'mcp',
  ])('is never made out for %s', (resource) => {
    expect(of(resource)).toBeNull();
  });
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
