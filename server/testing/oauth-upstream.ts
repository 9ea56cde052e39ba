import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportJWK } from 'jose';
import type { TestUpstream } from './mcp-upstream.ts';

interface Token {
  aud: string | string[];
  scope?: string;
  accountId: string;
  destroy(): Promise<void>;
}

interface Library {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionDetails(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ params: { client_id: string; resource?: string; scope?: string } }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  AccessToken: { find(token: string): Promise<Token | undefined> };
  Grant: new (
    fields: object,
  ) => {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
    destroy(): Promise<void>;
  };
  on(event: string, listener: (...args: unknown[]) => void): void;
}

/** A certified authorization server, and a server of MCP that takes its tokens alone. */
export interface OAuthUpstream extends AsyncDisposable {
  url: string;
  issuer: string;
  /** Who is signed in there now. */
  account: string;
  /** How long tokens are good for from now on. */
  lifeSeconds: number;
  /** Scopes that each call has to have; `null`: any token does. */
  needs: string | null;
  /** Said of the server instead of what is true. */
  claims: { resource?: string; authorizationServers?: string[]; metadata?: object };
  /** Sends whoever asks for such a path there instead of answering; `null`: nobody. */
  redirects: { from: RegExp; to: string; status: number } | null;
  /** Tokens that were shown with calls, and whose they are. */
  shown: { token: string; account: string; audience: string | string[] }[];
  /** Asked for tokens, by kind of grant and status. */
  grants: string[];
  registrations: number;
  revokeAll(): Promise<void>;
}

const SCOPES = 'notes:read notes:write';

export async function startOAuthUpstream(
  upstream: TestUpstream,
  configuration: object = {},
): Promise<OAuthUpstream> {
  // @ts-expect-error: the package has no types
  const { Provider } = (await import('oidc-provider')) as {
    Provider: new (issuer: string, configuration: object) => Library;
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const listen = async (serve: (request: IncomingMessage, response: ServerResponse) => void) => {
    const server = createServer((request, response) => {
      const { from, to, status } = rig.redirects ?? { from: /$^/, to: '', status: 0 };
      if (!from.test(request.url ?? '')) return serve(request, response);
      response.writeHead(status, { location: to }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };
  let library: Library;
  const granted: { destroy(): Promise<void> }[] = [];

  async function consent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await library.interactionDetails(request, response);
    const grant = new library.Grant({ accountId: rig.account, clientId: params.client_id });
    grant.addOIDCScope('openid offline_access');
    if (params.resource) grant.addResourceScope(params.resource, params.scope ?? SCOPES);
    granted.push(grant);
    const grantId = await grant.save();
    await library.interactionFinished(request, response, {
      login: { accountId: rig.account },
      consent: { grantId },
    });
  }

  const issuing = await listen((request, response) => {
    response.once('finish', () => {
      if (request.url?.startsWith('/reg') && response.statusCode === 201) rig.registrations += 1;
    });
    if (rig.claims.metadata && request.url?.startsWith('/.well-known/')) {
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(rig.claims.metadata));
    }
    if (!request.url?.startsWith('/interaction/')) return library.callback()(request, response);
    void consent(request, response);
  });

  const serving = await listen((request, response) => void guard(request, response));
  const url = `${serving.origin}/mcp`;

  async function guard(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/.well-known/oauth-protected-resource')) {
      const resource = rig.claims.resource ?? url;
      const authorization_servers = rig.claims.authorizationServers ?? [issuing.origin];
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(
        JSON.stringify({ resource, authorization_servers, scopes_supported: ['notes:read'] }),
      );
    }
    if (request.url !== '/mcp') return void response.writeHead(404).end();
    const metadata = `resource_metadata="${serving.origin}/.well-known/oauth-protected-resource/mcp"`;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const found = token === '' ? undefined : await library.AccessToken.find(token);
    if (!found || ![found.aud].flat().includes(url)) {
      return void response.writeHead(401, { 'www-authenticate': `Bearer ${metadata}` }).end();
    }
    rig.shown.push({ token, account: found.accountId, audience: found.aud });
    const body = await bodyOf(request);
    const isCall = body.includes('"tools/call"');
    if (isCall && rig.needs !== null && !found.scope?.split(' ').includes(rig.needs)) {
      const challenge = `Bearer error="insufficient_scope", scope="${rig.needs}", ${metadata}`;
      return void response.writeHead(403, { 'www-authenticate': challenge }).end();
    }
    await forward(upstream.url, { request, response, body });
  }

  const rig: OAuthUpstream = {
    url,
    issuer: issuing.origin,
    account: 'ada',
    lifeSeconds: 3600,
    needs: null,
    claims: {},
    redirects: null,
    shown: [],
    grants: [],
    registrations: 0,
    async revokeAll() {
      for (const grant of granted.splice(0)) await grant.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const { server } of [issuing, serving]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  library = new Provider(issuing.origin, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a-key-for-the-cookies'] },
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'] },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: object, audience: string) => ({
          ...{ audience, scope: SCOPES, accessTokenFormat: 'opaque', accessTokenTTL: rig.lifeSeconds },
        }),
      },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    interactions: { url: (_context: object, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: object, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ...configuration,
  });
  library.on('grant.success', (context) => rig.grants.push(`${kindOf(context)} ok`));
  library.on('grant.error', (context) => rig.grants.push(`${kindOf(context)} refused`));
  return rig;
}

const kindOf = (context: unknown): string =>
  (context as { oidc: { params?: { grant_type?: string } } }).oidc.params?.grant_type ?? '';

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

async function forward(
  url: string,
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: string },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
  const given = await fetch(url, {
    ...{ method: request.method ?? 'POST', headers: headers as Record<string, string>, signal: gone.signal },
    ...(body === '' ? {} : { body }),
  }).catch(() => null);
  if (!given) return void response.destroy();
  response.writeHead(given.status, Object.fromEntries(given.headers));
  response.flushHeaders();
  if (!given.body) return void response.end();
  await pipeline(Readable.fromWeb(given.body as never), response).catch(() => undefined);
}

/** Goes where a browser is sent, and says where it would come back to. */
export async function walkToCallback(address: string, home: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = address;
  for (let step = 0; step < 12; step += 1) {
    const shown = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie: shown } });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`nowhere to go: ${response.status} ${await response.text()}`);
    next = new URL(location, next).href;
    if (next.startsWith(home)) return new URL(next);
  }
  throw new Error('it goes on for ever');
}
