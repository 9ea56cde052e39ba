import { OWN_PLACE, placeOfPath } from '#server/identity/apps/places.ts';
import { APP_PATHS } from '#server/identity/apps/server.ts';
import { SCOPES } from '#server/identity/permissions.ts';
import { readJsonBody } from '../http/body.ts';
import { AUTHORIZATION_SERVER_PATH } from '../http/challenge.ts';
import type { Answer, Call, Route } from '../http/router.ts';

const MAX_REGISTRATION_BYTES = 16_384;

/** Who this server is to programs that want to be let in (RFC 8414). */
async function describe(call: Call): Promise<Answer> {
  const place = placeOf(call);
  return place ? { status: 200, body: metadataOf(place.issuer) } : NOT_HERE;
}

const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}${APP_PATHS.authorize}`,
  token_endpoint: `${issuer}${APP_PATHS.token}`,
  registration_endpoint: `${issuer}${APP_PATHS.register}`,
  revocation_endpoint: `${issuer}${APP_PATHS.revoke}`,
  scopes_supported: SCOPES,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['none'],
  revocation_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: true,
});

/** Counted like sign-ins: whoever registers without end is told to wait. */
async function register(call: Call): Promise<Answer> {
  const { services, actor, request } = call;
  const place = placeOf(call);
  if (!place) return NOT_HERE;
  await services.rates.attempt(actor, null);
  const body = await readJsonBody(request, { maxBytes: MAX_REGISTRATION_BYTES, maxDepth: 8 });
  const made = await services.identity.apps.register(place, body);
  return { status: 'error' in made ? 400 : 201, body: made, headers: NOT_KEPT };
}

/** The browser comes with a request, and goes on to be asked. */
async function authorize(call: Call): Promise<Answer> {
  const { services, actor, browser, request, query } = call;
  const place = placeOf(call);
  if (!place) return NOT_HERE;
  // Its session and its cookies are under one name.
  if (browser.origin !== place.issuer) {
    return {
      status: 307,
      text: '',
      contentType: 'text/plain',
      headers: { location: place.issuer + request.url },
    };
  }
  await services.rates.attempt(actor, null);
  request.url = `${APP_PATHS.authorize}?${cleaned(query)}`;
  return serve(call);
}

/** By the library, which writes the answer itself. */
async function serve(call: Call): Promise<Answer> {
  const { services, request } = call;
  const place = placeOf(call);
  if (!place) return NOT_HERE;
  return { stream: (response) => services.identity.apps.answer(place, request, response) };
}

const UNDERSTOOD = new Set([
  'client_id',
  'redirect_uri',
  'response_type',
  'state',
  'code_challenge',
  'code_challenge_method',
  'resource',
]);

/**
 * What is understood of the request, as it was sent: names that come twice come twice. Without scopes that do something
 * at the place it is for, it is for what most need, and people are asked each time, whatever `prompt` says but `none`.
 */
function cleaned(query: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams([...query].filter(([name]) => UNDERSTOOD.has(name)));
  const words = new Set(query.getAll('scope').flatMap((text) => text.split(' ')));
  const named = URL.parse(query.get('resource') ?? '');
  const place = (named && placeOfPath(named.pathname)) ?? OWN_PLACE;
  const scopes = place.scopes.filter((scope) => words.has(scope));
  kept.set('scope', (scopes.length > 0 ? scopes : place.usual).join(' '));
  if (query.getAll('prompt').includes('none')) kept.set('prompt', 'none');
  return kept;
}

/** Null: no tokens are given out under the name by which the caller knows this server. */
function placeOf({ services, browser }: Call): { issuer: string; cookie: string } | null {
  const issuer = services.identity.apps.issuerAt(browser.origin);
  return issuer === null ? null : { issuer, cookie: browser.appRequest.cookie };
}

const NOT_KEPT = { 'cache-control': 'no-store' };

const NOT_HERE: Answer = {
  status: 404,
  body: { error: 'not_found', error_description: 'This server gives out no tokens under this address.' },
};

export const oauthRoutes: readonly Route[] = [
  { method: 'GET', path: AUTHORIZATION_SERVER_PATH, isOpen: true, handle: describe },
  { method: 'POST', path: APP_PATHS.register, isOpen: true, readsBody: true, handle: register },
  { method: 'GET', path: APP_PATHS.authorize, isOpen: true, handle: authorize },
  { method: 'GET', path: `${APP_PATHS.authorize}/{request}`, isOpen: true, handle: (call) => serve(call) },
  { method: 'POST', path: APP_PATHS.token, isOpen: true, readsBody: true, handle: (call) => serve(call) },
  { method: 'POST', path: APP_PATHS.revoke, isOpen: true, readsBody: true, handle: (call) => serve(call) },
];
