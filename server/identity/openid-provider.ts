import * as oidc from 'openid-client';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { Introduced, OpenIdProvider } from './provider-schema.ts';
import { toWebFetch } from './web-fetch.ts';

/** Where everything is at a provider, and its keys: it publishes that itself. */
export async function discover(provider: OpenIdProvider, fetch: SafeFetch): Promise<oidc.Configuration> {
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

/** Whom an id token names that was proved; undefined: nobody. */
export function namedIn(claims: oidc.IDToken | undefined): Introduced | undefined {
  if (!claims?.sub) return undefined;
  const name = typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name : claims.sub;
  return { issuer: claims.iss, subject: claims.sub, name };
}
