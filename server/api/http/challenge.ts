import { SignalboxError } from '#server/domain/errors.ts';
import { placeOfPath } from '#server/identity/apps/places.ts';

/** Before the path of a place of MCP: where clients learn who gives out tokens for it (RFC 9728). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';
/** Where they learn how (RFC 8414). */
export const AUTHORIZATION_SERVER_PATH = '/.well-known/oauth-authorization-server';

/** Of those who have no token yet. */
export const isForNewcomers = (path: string): boolean => /^\/(oauth\/|\.well-known\/oauth-|sdk\/)/.test(path);

/** Paths whose clients know how to go and get a token. */
export const isForModels = (path: string): boolean => /^\/(mcp$|mcp\/|tools\/)/.test(path);

/**
 * What `WWW-Authenticate` says beside a refusal: that a token is wanted and where one is to be had, or which scopes it
 * lacks, all of them, so that one more sign-in is enough (RFC 6750).
 */
export function challengeFor(
  error: unknown,
  { origin, path, isShown }: { origin: string; path: string; isShown: boolean },
): string | undefined {
  if (!(error instanceof SignalboxError)) return undefined;
  const place = placeOfPath(path);
  const metadata = place ? [['resource_metadata', `${origin}${RESOURCE_METADATA_PATH}${place.path}`]] : [];
  if (error.code === 'UNAUTHENTICATED') {
    const scope = place ? [['scope', place.usual.join(' ')]] : [];
    return write([...(isShown ? [['error', 'invalid_token']] : []), ...scope, ...metadata]);
  }
  const { scopes } = (error.details ?? {}) as { scopes?: unknown };
  if (error.code !== 'FORBIDDEN' || !Array.isArray(scopes)) return undefined;
  return write([['error', 'insufficient_scope'], ['scope', scopes.join(' ')], ...metadata]);
}

const write = (fields: readonly string[][]): string =>
  fields.length === 0 ? 'Bearer' : `Bearer ${fields.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
