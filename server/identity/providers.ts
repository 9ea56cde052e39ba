import * as oidc from 'openid-client';
import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, idSchema } from '#server/domain/ids.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import { ROLES } from './permissions.ts';
import { toWebFetch } from './web-fetch.ts';

/** An OpenID provider that people may sign in with. */
export const providerSchema = z.strictObject({
  /** Stands in URLs. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be short: letters, digits and dashes'),
  name: z.string().min(1).max(100),
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  scope: z
    .string()
    .default('openid profile')
    .refine((scope) => scope.split(' ').includes('openid'), 'must have openid among them'),
  /** Of the tokens that say who somebody is. */
  algorithm: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).default('RS256'),
  org: idSchema('org').default(DEFAULT_ORG_ID),
  /** What somebody becomes whom the provider knows and nobody has invited; left out: they are turned away. */
  newcomers: z.enum(ROLES).optional(),
});
export type Provider = z.output<typeof providerSchema>;

/** One sign-in, from going there to coming back. */
export interface Errand {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Who the provider says somebody is. Nothing else that it says of them counts. */
export interface Introduced {
  issuer: string;
  subject: string;
  name: string;
}

export interface Providers {
  readonly all: readonly Provider[];
  find(id: string): Provider;
  newErrand(redirectUri: string): Errand;
  /** Where the browser shall go. */
  addressFor(provider: Provider, errand: Errand): Promise<URL>;
  /** What the browser came back with, proved. */
  introduce(provider: Provider, errand: Errand, cameBackWith: URLSearchParams): Promise<Introduced>;
}

const KEEP_MS = 3_600_000;

interface Known {
  config: Promise<oidc.Configuration>;
  until: number;
}

export interface ProvidersOptions {
  all: readonly Provider[];
  fetch: SafeFetch;
  now(): number;
  /** Why somebody could not be signed in: for the log, as they are told little. */
  onTrouble(message: string, error: unknown): void;
}

export function createProviders({ all, fetch, now, onTrouble }: ProvidersOptions): Providers {
  const known = new Map<string, Known>();

  /** What a provider publishes of itself, looked up once an hour; a failure is not kept. */
  function configOf(provider: Provider): Promise<oidc.Configuration> {
    const kept = known.get(provider.id);
    if (kept && kept.until > now()) return kept.config;
    const config = discover(provider, fetch);
    known.set(provider.id, { config, until: now() + KEEP_MS });
    config.catch(() => known.delete(provider.id));
    return config;
  }

  const lookUp = (provider: Provider) =>
    configOf(provider).catch((error) => {
      onTrouble(`${provider.name} cannot be reached.`, error);
      return unreachable(provider, error);
    });

  return {
    all,
    find(id) {
      const provider = all.find((each) => each.id === id);
      if (provider) return provider;
      throw new SignalboxError('NOT_FOUND', `There is no provider ${JSON.stringify(id)}.`, {
        advice: 'GET /api/v1/auth/providers lists them.',
      });
    },
    newErrand: (redirectUri) => ({
      redirectUri,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    }),
    async addressFor(provider, { redirectUri, state, nonce, codeVerifier }) {
      const config = await lookUp(provider);
      return oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: provider.scope,
        ...{ state, nonce },
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    async introduce(provider, { redirectUri, state, nonce, codeVerifier }, cameBackWith) {
      const config = await lookUp(provider);
      const url = new URL(redirectUri);
      url.search = cameBackWith.toString();
      const tokens = await oidc
        .authorizationCodeGrant(config, url, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        .catch((error) => {
          onTrouble(`${provider.name} did not sign somebody in.`, error);
          return refuse(provider, error);
        });
      const claims = tokens.claims();
      if (!claims?.sub) return refuse(provider, new Error('the id token names nobody'));
      const name = typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name : claims.sub;
      return { issuer: claims.iss, subject: claims.sub, name: name.trim().slice(0, 200) };
    },
  };
}

async function discover(provider: Provider, fetch: SafeFetch): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecret, algorithm } = provider;
  const isPlain = issuer.startsWith('http:');
  const config = await oidc.discovery(
    new URL(issuer),
    clientId,
    { id_token_signed_response_alg: algorithm },
    oidc.ClientSecretBasic(clientSecret),
    {
      [oidc.customFetch]: toWebFetch(fetch) as oidc.CustomFetch,
      // Only where the administrator wrote http: on one machine, or in a closed network.
      execute: isPlain ? [oidc.allowInsecureRequests] : [],
    },
  );
  // The signature too, and not only that the token came from the right server.
  oidc.enableNonRepudiationChecks(config);
  return config;
}

function unreachable({ name }: Provider, cause: unknown): never {
  throw new SignalboxError('UNAVAILABLE', `${name} cannot be reached.`, {
    cause,
    advice: 'Try again later, or sign in by another way. The log says more.',
  });
}

/** What was wrong is for the log: it is the provider's word, or an attacker's. */
function refuse({ name }: Provider, cause: unknown): never {
  throw new SignalboxError('UNAUTHENTICATED', `${name} did not sign you in.`, {
    cause,
    advice: 'Begin again from the sign-in page.',
  });
}
