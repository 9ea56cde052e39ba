import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import { toWebFetch } from '../web-fetch.ts';
import type { Clients } from './clients.ts';
import { drawError } from './error-page.ts';
import { findResource, type IssuerAt } from './issuer.ts';
import type { Context, Library, LibraryClient, Package } from './library.ts';
import { OWN_PLACE } from './places.ts';
import { createRecords, type Records, type RecordsOptions } from './records.ts';

/** Where the browser is asked whether the program may come in. */
export const ALLOW_PATH = '/allow';

export const APP_PATHS = {
  authorize: '/oauth/authorize',
  token: '/oauth/token',
  revoke: '/oauth/revoke',
  register: '/oauth/register',
} as const;

/** Seconds. A connection that is not used for a month is over, and each asks its person anew after a year. */
const LIVES = { access: 3600, code: 60, asked: 600, refresh: 30 * 86_400, grant: 365 * 86_400 } as const;

/** As the library names them. Its own sessions are kept nowhere. */
const TTL = {
  AccessToken: LIVES.access,
  AuthorizationCode: LIVES.code,
  Grant: LIVES.grant,
  Interaction: LIVES.asked,
  RefreshToken: LIVES.refresh,
  Session: 60,
};

const MAX_DOCUMENT_BYTES = 5 * 1024;

export interface AppServerOptions extends Pick<RecordsOptions, 'sql'> {
  issuer: string;
  issuerAt: IssuerAt;
  /** The cookie by which the browser that has begun is known. */
  cookie: string;
  clients: Clients;
  /** For documents in which programs say who they are. */
  fetch: SafeFetch;
  isThere(connection: string): Promise<boolean>;
  endGrant(grantId: string, reason: string): Promise<void>;
  onTrouble(message: string, error: unknown): void;
}

export interface AppServer {
  library: Library;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** The provider library, set to what clients of MCP need and to nothing else. */
export function createAppServer({ Provider, errors }: Package, options: AppServerOptions): AppServer {
  const { issuer, issuerAt, cookie, clients, onTrouble } = options;
  const isHttps = issuer.startsWith('https:');
  const routeNow = () => (Provider as unknown as { ctx?: Context }).ctx?.oidc?.route;
  const endGrant = (grantId: string) =>
    options.endGrant(
      grantId,
      routeNow() === 'revocation' ? 'The program has given it back.' : 'What counts once was shown twice.',
    );
  const recordsOf = (kind: string): Records | Pick<Records, 'find'> => {
    if (kind === 'Client') return { find: (id) => clients.find(id) as ReturnType<Records['find']> };
    const usedTwice = () => new errors.InvalidGrant('it was used already');
    return createRecords(kind, { ...options, usedTwice, endGrant });
  };

  const resource = ({ oidc }: Context, indicator: string) => {
    if (Array.isArray(oidc?.params?.resource)) throw new errors.InvalidTarget('a token is for one place');
    const found = findResource(indicator, issuer, issuerAt);
    if (found === null) throw new errors.InvalidTarget('the resource is not this server');
    const { audience, place } = found;
    const [accessTokenFormat, accessTokenTTL] = ['opaque', LIVES.access];
    return { audience, scope: place.scopes.join(' '), accessTokenFormat, accessTokenTTL };
  };

  const library = new Provider(issuer, {
    adapter: recordsOf,
    // Nothing is ever signed: tokens are looked up, so that they end when they are taken away. The library wants a key.
    jwks: { keys: [unusedKey()] },
    scopes: [],
    claims: {},
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    clientDefaults: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'EdDSA',
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientBasedCORS: () => false,
    cookies: {
      names: {
        session: `${cookie}_unused`,
        interaction: cookie,
        resume: `${cookie}_back`.replace('__Host-', '__Secure-'),
      },
      short: { httpOnly: true, sameSite: 'lax', path: '/', overwrite: true },
    },
    features: featuresOf(issuer, resource),
    pkce: { required: () => true },
    routes: { authorization: APP_PATHS.authorize, token: APP_PATHS.token, revocation: APP_PATHS.revoke },
    expiresWithSession: () => false,
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: TTL,
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `${ALLOW_PATH}?request=${uid}` },
    loadExistingGrant: consentOfNow,
    findAccount: async (_: unknown, id: string) =>
      (await options.isThere(id)) ? { accountId: id, claims: () => ({ sub: id }) } : undefined,
    fetch: toWebFetch(options.fetch, { maxBytes: MAX_DOCUMENT_BYTES, timeoutMs: 5000 }),
    renderError: drawError,
  });
  library.proxy = true;
  library.use(keepAtHome(issuer));
  library.on('server_error', (_, error) => onTrouble('A program could not be let in.', error));
  library.on('error', (error) => onTrouble('A program could not be let in.', error));
  const callback = library.callback();

  return {
    library,
    async answer(request, response) {
      // The library builds its addresses from these. What a stranger writes there counts for nothing.
      request.headers.host = new URL(issuer).host;
      request.headers['x-forwarded-proto'] = isHttps ? 'https' : 'http';
      delete request.headers['x-forwarded-host'];
      await callback(request, response);
    },
  };
}

const featuresOf = (
  issuer: string,
  getResourceServerInfo: (context: Context, indicator: string) => object,
) => ({
  clientIdMetadataDocument: { enabled: true, ack: 'draft-02', cacheDuration: { min: 60, max: 3600 } },
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  resourceIndicators: {
    enabled: true,
    defaultResource: (_: unknown, __: unknown, oneOf?: unknown) => oneOf ?? `${issuer}${OWN_PLACE.path}`,
    getResourceServerInfo,
    useGrantedResource: () => true,
  },
  revocation: { enabled: true, allowedPolicy: isOwnToken },
  rpInitiatedLogout: { enabled: false },
  userinfo: { enabled: false },
});

const unusedKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

const isOwnToken = (_: unknown, client: LibraryClient, token: LibraryClient): boolean =>
  client.clientId === token.clientId;

/** Of the yes that was said to this very request: one of before decides nothing. */
function consentOfNow({
  oidc: { result, provider },
}: {
  oidc: {
    result?: { consent?: { grantId?: string } };
    provider: { Grant: { find(id: string): Promise<object | undefined> } };
  };
}): Promise<object | undefined> {
  const grantId = result?.consent?.grantId;
  return grantId === undefined ? Promise.resolve(undefined) : provider.Grant.find(grantId);
}

/**
 * A request that nobody has looked at yet sends no browser to another site, not even with an error: anybody can register,
 * and our address would lead to theirs. The library's own sessions are not used, so neither is their cookie.
 */
function keepAtHome(issuer: string) {
  return async (context: Context, next: () => Promise<void>): Promise<void> => {
    await next();
    const kept = [context.response.get('set-cookie')]
      .flat()
      .filter((each) => each !== '' && !/_unused=/.test(each));
    if (kept.length === 0) context.remove('set-cookie');
    else context.set('set-cookie', kept);
    const target = URL.parse(String(context.response.get('location')), issuer);
    if (context.oidc?.route !== 'authorization' || target?.protocol !== 'https:' || target.origin === issuer)
      return;
    context.remove('location');
    context.status = 400;
    const said = (name: string) => target.searchParams.get(name) ?? undefined;
    const error_description = said('error_description');
    drawError(context, {
      error: said('error') ?? 'invalid_request',
      ...(error_description === undefined ? {} : { error_description }),
    });
  };
}
