import { createDocumentRoutes } from './docs/routes.ts';
import type { Route } from './http/router.ts';
import { gatewayRoutes } from './mcp/gateway-surface.ts';
import { metadataRoutes } from './mcp/metadata.ts';
import { mcpRoutes } from './mcp/routes.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { restRoutes } from './rest/routes.ts';
import { sdkRoutes } from './sdk/routes.ts';
import { toolRoutes } from './tools/routes.ts';

/** Every path that is answered by a route: all under `/api` but tRPC's, the doors for models, and the SDKs. */
export const apiRoutes: readonly Route[] = [
  ...restRoutes,
  ...createDocumentRoutes(),
  ...toolRoutes,
  ...mcpRoutes,
  ...gatewayRoutes,
  ...metadataRoutes,
  ...oauthRoutes,
  ...sdkRoutes,
];
