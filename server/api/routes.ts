import { createDocumentRoutes } from './docs/routes.ts';
import type { Route } from './http/router.ts';
import { restRoutes } from './rest/routes.ts';

/** Every path under `/api` but tRPC's. */
export const apiRoutes: readonly Route[] = [...restRoutes, ...createDocumentRoutes()];
