import * as oidc from 'openid-client';
import { SignalboxError } from '#server/domain/errors.ts';
import { scanJson } from '#server/domain/graph/json-scan.ts';
import { getOwn, isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { Introduced, OAuth2Provider } from './provider-schema.ts';
import { toWebFetch, WEB_LIMITS } from './web-fetch.ts';

/** Nothing is looked up: where everything is stands in the configuration. */
export function oauth2Config(provider: OAuth2Provider, fetch: SafeFetch): oidc.Configuration {
  const { issuer, authorizeUrl, tokenUrl, userinfoUrl, clientId, clientSecret, clientAuth } = provider;
  const proof = clientAuth === 'basic' ? oidc.ClientSecretBasic : oidc.ClientSecretPost;
  const server = { issuer, authorization_endpoint: authorizeUrl, token_endpoint: tokenUrl };
  const config = new oidc.Configuration(server, clientId, {}, proof(clientSecret));
  config[oidc.customFetch] = toWebFetch(fetch) as oidc.CustomFetch;
  // Only where the administrator wrote http: on one machine, or in a closed network.
  const isPlain = [authorizeUrl, tokenUrl, userinfoUrl].some((url) => url.startsWith('http:'));
  if (isPlain) oidc.allowInsecureRequests(config);
  return config;
}

/** Whose token it is, by the one address that says so. */
export async function whoOwns(
  accessToken: string,
  { provider, fetch }: { provider: OAuth2Provider; fetch: SafeFetch },
): Promise<Introduced> {
  const { status, body } = await fetch({
    url: provider.userinfoUrl,
    headers: { authorization: `Bearer ${accessToken}` },
    ...WEB_LIMITS,
  });
  if (status !== 200) throw useless(provider, `answered ${status}`);
  const said = readObject(provider, body);
  const subject = subjectOf(provider, said);
  return { issuer: provider.issuer, subject, name: nameOf(provider, said) ?? subject };
}

function readObject(provider: OAuth2Provider, text: string): JsonObject {
  // Two fields of one name could be two people, and a reader takes either.
  const fault = scanJson(text, 32);
  if (fault) throw useless(provider, `answered what cannot be read as JSON (${fault.message})`);
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw useless(provider, 'answered JSON that is no object');
  return value;
}

const claimOf = (said: JsonObject, path: string): Json | undefined =>
  path
    .split('.')
    .reduce<Json | undefined>((at, name) => (isJsonObject(at) ? getOwn(at, name) : undefined), said);

const MAX_SUBJECT = 255;

/** A number is taken as its digits, as long as it is exact: two large ones may else be read as one. */
function subjectOf(provider: OAuth2Provider, said: JsonObject): string {
  const { subjectClaim } = provider;
  const claim = claimOf(said, subjectClaim);
  if (typeof claim === 'number' && Number.isSafeInteger(claim) && claim >= 0) return String(claim);
  const isName = typeof claim === 'string' && claim.trim() !== '' && claim.length <= MAX_SUBJECT;
  if (isName && !claim.includes('\0')) return claim;
  const field = JSON.stringify(subjectClaim);
  if (claim === undefined) throw useless(provider, `answered without ${field}`);
  throw useless(
    provider,
    `answered with a ${field} that is neither a text of ${MAX_SUBJECT} letters at most nor a whole number that can be read exactly`,
  );
}

function nameOf({ nameClaims }: OAuth2Provider, said: JsonObject): string | undefined {
  const names = nameClaims.map((name) => claimOf(said, name));
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '');
}

/** For the log: what it answered may be about somebody, so it is not in it. */
function useless({ userinfoUrl, name }: OAuth2Provider, what: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `${userinfoUrl} ${what}, so nobody can be signed in by ${name}.`, {
    advice: 'Look at userinfoUrl, scope and subjectClaim of this provider in the identity file.',
  });
}
