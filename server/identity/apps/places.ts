import { SLUG } from '#server/domain/mcp.ts';
import { SCOPES, type Scope } from '../permissions.ts';

/** What is behind one address of MCP: the product's own tools, or what an organisation has connected. */
export type Reach =
  | { kind: 'own' }
  | { kind: 'gateway' }
  /** One virtual server, by its name in the address: whether there is one, only its organisation knows. */
  | { kind: 'server'; name: string };

/** An address that tokens are made out for, and count at. */
export interface ProtectedPlace {
  path: string;
  reach: Reach;
  /** All that do something there. */
  scopes: readonly Scope[];
  /** What most clients need, and what one is asked for that names no scopes. */
  usual: readonly Scope[];
}

const USUAL: readonly Scope[] = [
  'runs:read',
  'payload:read',
  'runs:write',
  'pipelines:read',
  'ops:read',
  'mcp:read',
  'mcp:call',
];
const OF_GATEWAY: readonly Scope[] = ['mcp:read', 'mcp:call'];

export const OWN_PLACE: ProtectedPlace = {
  ...{ path: '/mcp', reach: { kind: 'own' } },
  ...{ scopes: SCOPES, usual: USUAL },
};

/** With the search in place of the list it is a place of its own. */
const OF_OTHERS = /^\/mcp\/(?:gateway|servers\/([^/]+))(?:\/search)?$/;

/**
 * The place that a path is of; undefined: no token of a connected program counts there. What reads like one place to the
 * router is one here. The tools as plain HTTP are those of `/mcp`.
 */
export function placeOfPath(asked: string): ProtectedPlace | undefined {
  const path = `/${asked
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
  if (path === OWN_PLACE.path || path.startsWith('/tools/')) return OWN_PLACE;
  const found = OF_OTHERS.exec(path);
  if (!found) return undefined;
  const [, name] = found;
  const place = { path, scopes: OF_GATEWAY, usual: OF_GATEWAY };
  if (name === undefined) return { ...place, reach: { kind: 'gateway' } };
  return SLUG.test(name) ? { ...place, reach: { kind: 'server', name } } : undefined;
}
