import { type ProtectedPlace, placeOfPath, type Reach } from '#server/identity/apps/places.ts';
import { RESOURCE_METADATA_PATH } from '../http/challenge.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import { GATEWAY_PATHS } from './gateway-surface.ts';
import { MCP_PATH } from './routes.ts';

/** Says who gives out tokens for a place of MCP. Open to everybody: it is asked by those who have none yet. */
export const metadataRoutes: readonly Route[] = ['', MCP_PATH, ...GATEWAY_PATHS].map((path) => ({
  method: 'GET',
  path: RESOURCE_METADATA_PATH + path,
  isOpen: true,
  handle: describe,
}));

/** Whether there is such a virtual server is its organisation's to know: any name is answered alike. */
async function describe({ request, services, browser }: Call): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', browser.origin);
  const [, asked = ''] = pathname.split(RESOURCE_METADATA_PATH);
  const place = placeOfPath(asked === '' ? MCP_PATH : asked);
  return place ? { status: 200, body: metadataOf(place, { services, browser }) } : NO_PLACE;
}

function metadataOf(
  { path, reach, scopes }: ProtectedPlace,
  { services, browser }: Pick<Call, 'services' | 'browser'>,
) {
  const { authorizationServers, apps } = services.identity;
  return {
    resource: browser.origin + path,
    authorization_servers: [
      ...authorizationServers,
      ...[apps.issuerAt(browser.origin)].filter((issuer) => issuer !== null),
    ],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: nameOf(reach),
  };
}

function nameOf(reach: Reach): string {
  switch (reach.kind) {
    case 'own':
      return 'Signalbox';
    case 'gateway':
      return 'Signalbox: connected MCP servers';
    case 'server':
      return `Signalbox: the MCP server ${reach.name}`;
  }
}

const NO_PLACE: Answer = {
  status: 404,
  body: { error: 'not_found', error_description: 'There is no place of MCP at this address.' },
};
