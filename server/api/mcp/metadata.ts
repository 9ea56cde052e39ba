import { SCOPES } from '#server/identity/permissions.ts';
import { RESOURCE_METADATA_PATH } from '../http/challenge.ts';
import type { Route } from '../http/router.ts';

/** Says who gives out tokens for this server. Open to everybody: it is asked by those who have none yet. */
export const metadataRoutes: readonly Route[] = [`${RESOURCE_METADATA_PATH}/mcp`, RESOURCE_METADATA_PATH].map(
  (path) => ({
    method: 'GET',
    path,
    isOpen: true,
    handle: async ({ services: { identity }, browser }) => ({
      status: 200,
      body: {
        resource: `${browser.origin}/mcp`,
        authorization_servers: [
          ...identity.authorizationServers,
          ...[identity.apps.issuerAt(browser.origin)].filter((issuer) => issuer !== null),
        ],
        scopes_supported: SCOPES,
        bearer_methods_supported: ['header'],
        resource_name: 'Signalbox',
      },
    }),
  }),
);
