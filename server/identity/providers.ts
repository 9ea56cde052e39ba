import * as oidc from 'openid-client';
import { SignalboxError } from '#server/domain/errors.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import { oauth2Config, whoOwns } from './oauth2-provider.ts';
import { discover, namedIn } from './openid-provider.ts';
import type { Introduced, Provider } from './provider-schema.ts';

/** One sign-in, from going there to coming back. */
export interface Errand {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
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
    const config =
      provider.type === 'oauth2' ? Promise.resolve(oauth2Config(provider, fetch)) : discover(provider, fetch);
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
        ...(provider.scope === '' ? {} : { scope: provider.scope }),
        ...(provider.type === 'oauth2' ? { state } : { state, nonce }),
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    async introduce(provider, errand, cameBackWith) {
      const config = await lookUp(provider);
      const url = new URL(errand.redirectUri);
      url.search = cameBackWith.toString();
      const tokens = await fetchTokens(config, { provider, errand, url }).catch((error) => {
        onTrouble(`${provider.name} did not sign somebody in.`, error);
        return refuse(provider, error);
      });
      const who =
        provider.type === 'oauth2'
          ? await whoOwns(tokens.access_token, { provider, fetch }).catch((error) => {
              onTrouble(`${provider.name} did not say who somebody is.`, error);
              throw unidentified(provider, error);
            })
          : namedIn(tokens.claims());
      if (who) return { ...who, name: who.name.trim().slice(0, 200) };
      return refuse(provider, new Error('the id token names nobody'));
    },
  };
}

/** A nonce comes back in an id token, where there is one; the verifier and the state are for both kinds. */
function fetchTokens(
  config: oidc.Configuration,
  { provider, errand: { state, nonce, codeVerifier }, url }: { provider: Provider; errand: Errand; url: URL },
) {
  return oidc.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    ...(provider.type === 'oauth2' ? {} : { expectedNonce: nonce, idTokenExpected: true }),
  });
}

function unreachable({ name }: Provider, cause: unknown): never {
  throw new SignalboxError('UNAVAILABLE', `${name} cannot be reached.`, {
    cause,
    advice: 'Try again later, or sign in by another way. The log says more.',
  });
}

/** It has let them in, and then not said who they are in a way that can be relied on. */
function unidentified({ name }: Provider, cause: unknown): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `${name} did not say who you are.`, {
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
