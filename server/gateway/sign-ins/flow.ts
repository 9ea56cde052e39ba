import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  computeScopeUnion,
  discoverOAuthServerInfo,
  exchangeAuthorization,
  extractWWWAuthenticateParams,
  type OAuthClientInformationMixed,
  type OAuthClientMetadata,
  type OAuthTokens,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import type { SignInSettings } from '#server/domain/mcp.ts';

export type WebFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A client of ours at one authorization server. */
export interface KeptClient {
  issuer: string;
  redirectUri: string;
  information: OAuthClientInformationMixed;
}

/** One sign-in, from going there to coming back. Sealed: it holds what proves that we have begun it. */
export interface SignInErrand {
  stateHash: string;
  expiresAt: number;
  codeVerifier: string;
  redirectUri: string;
  holderUuid: string;
  issuer: string;
  metadata: AuthorizationServerMetadata;
  client: OAuthClientInformationMixed;
  resource: string | null;
  scope: string | null;
}

export interface BeginOptions {
  serverUrl: string;
  settings: SignInSettings;
  /** What the tokens that are there allow, and what the server wants beyond that. */
  scopes: readonly (string | null)[];
  secret: string | null;
  /** This server as the browser knows it. */
  origin: string;
  /** Where authorization servers can read what we say of ourselves; null: they cannot. */
  clientDocument: string | null;
  connectionUuid: string;
  holderUuid: string;
  kept: KeptClient | null;
  fetch: WebFetch;
  now: number;
}

export interface Begun {
  url: URL;
  errand: SignInErrand;
  client: KeptClient;
}

const FLOW_MS = 600_000;
export const CALLBACK_PATH = '/api/v1/mcp/sign-in/callback';
export const CLIENT_DOCUMENT_PATH = '/api/v1/mcp/client.json';

/**
 * The document in which authorization servers read who we are, which is our name to them as well. Null: they could not read
 * it where a browser knows us by this origin, as on this machine alone or without TLS; then we register.
 */
export function clientDocumentAt(origin: string): string | null {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' && !isLoopback(hostname) ? `${origin}${CLIENT_DOCUMENT_PATH}` : null;
}

/** What we say of ourselves to authorization servers: by this document, or when we register. */
export function clientMetadata(origin: string): OAuthClientMetadata {
  return {
    client_name: 'Signalbox',
    client_uri: origin,
    redirect_uris: [`${origin}${CALLBACK_PATH}`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: new URL(origin).protocol === 'https:' ? 'web' : 'native',
  };
}

/** Finds out who gives out tokens for the server, and where the browser shall go. Nothing is believed that does not fit. */
export async function beginSignIn(options: BeginOptions): Promise<Begun> {
  try {
    return await begin(options);
  } catch (error) {
    if (error instanceof SignalboxError) throw error;
    throw unusable('what it and its authorization server say of themselves does not fit', error);
  }
}

async function begin(options: BeginOptions): Promise<Begun> {
  const { serverUrl, settings, fetch, origin } = options;
  const challenge = await challengeOf(serverUrl, fetch);
  const found = await discoverOAuthServerInfo(serverUrl, {
    fetchFn: fetch,
    ...(challenge.resourceMetadataUrl ? { resourceMetadataUrl: challenge.resourceMetadataUrl } : {}),
  });
  const { authorizationServerMetadata: metadata, resourceMetadata } = found;
  if (!metadata) throw unusable('it does not say who gives out tokens for it');
  checkMetadata(metadata, settings);
  const resource = resourceMetadata?.resource ?? serverUrl;
  if (!checkResourceAllowed({ requestedResource: serverUrl, configuredResource: resource })) {
    throw unusable('the tokens that it asks for are meant for another server');
  }
  const proposed = challenge.scope ?? resourceMetadata?.scopes_supported?.join(' ');
  const wanted = computeScopeUnion(
    settings.scope ?? proposed,
    ...options.scopes.map((each) => each ?? undefined),
  );
  const scope = withRenewal(wanted, metadata);
  const redirectUri = `${origin}${CALLBACK_PATH}`;
  const client = await clientFor({ options, metadata, redirectUri });
  const state = `${options.connectionUuid}.${randomBytes(32).toString('base64url')}`;
  const sentResource = settings.omitsResource ? null : resource;
  const { authorizationUrl, codeVerifier } = await startAuthorization(metadata.issuer, {
    ...{ metadata, clientInformation: client.information, redirectUrl: redirectUri, state },
    ...(scope === undefined ? {} : { scope }),
    // To the letter, as it is published: what parses addresses would add to it.
    ...(sentResource === null ? {} : { resource: sentResource }),
  });
  return {
    url: authorizationUrl,
    client,
    errand: {
      ...{ stateHash: hash(state), expiresAt: options.now + FLOW_MS, codeVerifier, redirectUri },
      ...{ holderUuid: options.holderUuid, issuer: metadata.issuer, metadata, client: client.information },
      ...{ resource: sentResource, scope: scope ?? null },
    },
  };
}

/** What the browser came back with, proved: from this errand, and from who was asked. */
export async function finishSignIn(
  errand: SignInErrand,
  { query, now, fetch }: { query: URLSearchParams; now: number; fetch: WebFetch },
): Promise<OAuthTokens> {
  const state = query.get('state') ?? '';
  if (errand.expiresAt < now || !isSame(hash(state), errand.stateHash)) throw notBegunHere();
  const { metadata, client, codeVerifier, redirectUri, resource } = errand;
  const code = query.get('code');
  const iss = query.get('iss') ?? undefined;
  try {
    if (code === null) throw new Error(`no code came: ${query.get('error')}`);
    return await exchangeAuthorization(errand.issuer, {
      ...{
        metadata,
        clientInformation: client,
        authorizationCode: code,
        codeVerifier,
        redirectUri,
        fetchFn: fetch,
      },
      ...(iss === undefined ? {} : { iss }),
      ...(resource === null ? {} : { resource }),
    });
  } catch (cause) {
    throw new SignalboxError('UNAUTHENTICATED', 'The server did not sign you in.', {
      cause,
      advice: 'Begin again from the page of the connection.',
    });
  }
}

/** Asked without a token, a server says where to get one and for what. */
async function challengeOf(
  url: string,
  fetch: WebFetch,
): Promise<ReturnType<typeof extractWWWAuthenticateParams>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  await response.body?.cancel();
  return response.status === 401 ? extractWWWAuthenticateParams(response) : {};
}

function checkMetadata(metadata: AuthorizationServerMetadata, settings: SignInSettings): void {
  if (settings.issuer !== undefined && settings.issuer !== metadata.issuer) {
    throw unusable('tokens for it are given out by somebody else than before');
  }
  // Without it, whoever gets hold of a code could use it.
  if (!metadata.code_challenge_methods_supported?.includes('S256')) {
    throw unusable('its authorization server does not offer PKCE with S256');
  }
  for (const each of [
    metadata.authorization_endpoint,
    metadata.token_endpoint,
    metadata.registration_endpoint,
  ]) {
    if (each !== undefined && !isFitAddress(each))
      throw unusable('its authorization server has an address without TLS');
  }
}

/** The browser is sent there: no `javascript:`, and no plain http but on this machine. */
function isFitAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

function withRenewal(
  scope: string | undefined,
  { scopes_supported }: AuthorizationServerMetadata,
): string | undefined {
  return scope !== undefined && scopes_supported?.includes('offline_access')
    ? computeScopeUnion(scope, 'offline_access')
    : scope;
}

interface ClientWish {
  options: BeginOptions;
  metadata: AuthorizationServerMetadata;
  redirectUri: string;
}

/** As somebody has registered us, else by our document, else by registering: in the order that the protocol has. */
async function clientFor({ options, metadata, redirectUri }: ClientWish): Promise<KeptClient> {
  const { settings, secret, origin, clientDocument, kept, fetch } = options;
  const { issuer } = metadata;
  const asKept = (information: OAuthClientInformationMixed): KeptClient => ({
    issuer,
    redirectUri,
    information,
  });
  if (settings.clientId !== undefined) {
    return asKept({ client_id: settings.clientId, ...(secret === null ? {} : { client_secret: secret }) });
  }
  if (metadata.client_id_metadata_document_supported === true && clientDocument !== null) {
    return asKept({ client_id: clientDocument });
  }
  if (kept?.issuer === issuer && kept.redirectUri === redirectUri) return kept;
  if (metadata.registration_endpoint === undefined) {
    throw new SignalboxError(
      'CONFLICT',
      'Its authorization server does not know Signalbox, and takes no registrations.',
      {
        advice: `Register a client there with the redirect address ${redirectUri}, and store its id with the connection.`,
      },
    );
  }
  // Without scopes: what we ask for may change, and some servers take no others later.
  const information = await registerClient(issuer, {
    ...{ metadata, clientMetadata: clientMetadata(origin), fetchFn: fetch },
  });
  return asKept(information);
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const isSame = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(hash(left)), Buffer.from(hash(right)));

export const connectionOfState = (state: string): string | null =>
  /^([0-9a-f]{32})\.[\w-]{43}$/.exec(state)?.[1] ?? null;

function unusable(why: string, cause?: unknown): SignalboxError {
  return new SignalboxError('CONFLICT', `Nobody can sign in at this server: ${why}.`, {
    ...(cause === undefined ? {} : { cause }),
    advice: 'Ask whoever runs the server, or an owner or admin to connect it anew.',
  });
}

export function notBegunHere(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This sign-in was not begun in this browser, or is too old.', {
    advice: 'Begin again from the page of the connection.',
  });
}
