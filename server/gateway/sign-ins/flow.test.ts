import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { EVERYBODY } from '#server/domain/mcp.ts';
import { beginSignIn, clientDocumentAt, clientMetadata, finishSignIn, type SignInErrand } from './flow.ts';

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

const SERVER = 'https://server.example.org/mcp';

/** As an authorization server that reads documents and takes registrations is asked by whoever begins to sign in. */
async function beginFrom(origin: string) {
  const registered: unknown[] = [];
  const said: Record<string, object> = {
    'https://server.example.org/.well-known/oauth-protected-resource/mcp': {
      ...{ resource: SERVER, authorization_servers: [ISSUER] },
    },
    [`${ISSUER}/.well-known/oauth-authorization-server`]: {
      ...errand.metadata,
      ...{ registration_endpoint: `${ISSUER}/register`, code_challenge_methods_supported: ['S256'] },
      client_id_metadata_document_supported: true,
    },
  };
  const fetch = async (url: string | URL, init?: RequestInit) => {
    const address = String(url);
    if (address === SERVER) return new Response(null, { status: 401 });
    if (address !== `${ISSUER}/register`)
      return said[address] ? Response.json(said[address]) : new Response(null, { status: 404 });
    registered.push(JSON.parse(String(init?.body)));
    return Response.json({ ...clientMetadata(origin), client_id: 'registered' }, { status: 201 });
  };
  const begun = await beginSignIn({
    ...{ serverUrl: SERVER, settings: { mode: 'each' }, scopes: [], secret: null, kept: null, now: 0 },
    ...{ origin, clientDocument: clientDocumentAt(origin), fetch },
    ...{ connectionUuid: '0'.repeat(32), holderUuid: EVERYBODY },
  });
  return { clientId: begun.url.searchParams.get('client_id'), registered };
}

test('who is known by https is known to authorization servers by the address of a document', async () => {
  expect(await beginFrom('https://signalbox.example.org')).toEqual({
    ...{ clientId: 'https://signalbox.example.org/api/v1/mcp/client.json', registered: [] },
  });
});

test.each([
  'http://127.0.0.1:3000',
  'https://localhost',
  'https://127.0.0.9:8443',
  'https://[::1]',
  'http://a.example',
])('who is known as %s registers, since nobody could read a document there', async (origin) => {
  expect(await beginFrom(origin)).toMatchObject({
    clientId: 'registered',
    registered: [{ redirect_uris: [`${origin}/api/v1/mcp/sign-in/callback`] }],
  });
});
