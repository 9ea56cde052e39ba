import { expect, test } from 'vitest';
import { NO_IDENTITY, refuseIdleSignIn } from './config.ts';
import { issuerSchema } from './issuers.ts';

const issuer = (forClients: boolean) =>
  issuerSchema.parse({
    ...{ issuer: 'https://login.example', audience: 'https://box.example/mcp', forClients },
    ...{ algorithm: 'HS256', secret: 'a-secret-of-thirty-two-letters-or-more', roles: {} },
  });
const given = ['SIGNALBOX_MCP_SIGN_IN'];

test('asking for sign-in here and sending clients elsewhere is refused, and says what to do', () => {
  const config = { ...NO_IDENTITY, issuers: [issuer(true)] };
  expect(() => refuseIdleSignIn(config, { given, mcp: { isSignInOn: true } })).toThrow(
    /SIGNALBOX_MCP_SIGN_IN has no effect.*https:\/\/login\.example/,
  );
});

test.each([
  ['it is left to its default', issuer(true), { given: [], mcp: { isSignInOn: true } }],
  ['it is switched off', issuer(true), { given, mcp: { isSignInOn: false } }],
  ['no client is sent there', issuer(false), { given, mcp: { isSignInOn: true } }],
])('sending clients elsewhere is taken where %s', (_, one, env) => {
  expect(() => refuseIdleSignIn({ ...NO_IDENTITY, issuers: [one] }, env)).not.toThrow();
});
