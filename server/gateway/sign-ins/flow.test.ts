import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { EVERYBODY } from '#server/domain/mcp.ts';
import { finishSignIn, type SignInErrand } from './flow.ts';

const ISSUER = 'https://login.example.org';
const STATE = 'a-connection.a-chance';

const errand: SignInErrand = {
  stateHash: createHash('sha256').update(STATE).digest('hex'),
  expiresAt: 1_000_000,
  codeVerifier: 'v',
  redirectUri: 'https://signalbox.example.org/back',
  holderUuid: EVERYBODY,
  issuer: ISSUER,
  metadata: {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/auth`,
    token_endpoint: `${ISSUER}/token`,
    response_types_supported: ['code'],
  },
  client: { client_id: 'c' },
  resource: null,
  scope: null,
};

/** What people bring back at that time, and where it was shown then. */
async function comeBack(now: number, state = STATE) {
  const asked: string[] = [];
  const fetch = async (url: string | URL) => {
    asked.push(String(url));
    return Response.json({ access_token: 'theirs', token_type: 'bearer' });
  };
  const query = new URLSearchParams({ state, code: 'a-code' });
  const finished = finishSignIn(errand, { query, now, fetch });
  const token = await finished.then(
    (tokens) => tokens.access_token,
    () => null,
  );
  return { token, asked };
}

test('what people bring back in time is shown to whoever gives out tokens', async () => {
  expect(await comeBack(errand.expiresAt)).toEqual({ token: 'theirs', asked: [`${ISSUER}/token`] });
});

test('a code that comes too late, or with another state, is shown to nobody', async () => {
  expect(await comeBack(errand.expiresAt + 1)).toEqual({ token: null, asked: [] });
  expect(await comeBack(errand.expiresAt, 'a-connection.another')).toEqual({ token: null, asked: [] });
});
