import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';

/**
 * A resource of a server under a URI of its own: `wiki+file:///a.txt` is `file:///a.txt` of the connection wiki. What
 * stands before the first plus is the name that people have given, whatever a server writes after it, so that none of
 * them can name what another has. It is a URI still: the connection's name becomes a part of its scheme.
 */
export const gatewayUri = (slug: string, uri: string): string => `${slug}+${uri}`;

const GATEWAY_URI = /^([a-z][a-z0-9-]{0,31})\+(.+)$/s;
export const MAX_URI = 4096;

export function splitUri(given: string): { slug: string; uri: string } | null {
  const [, slug, uri] = (given.length <= MAX_URI ? GATEWAY_URI.exec(given) : null) ?? [];
  return slug === undefined || uri === undefined ? null : { slug, uri };
}

/** Where an answer names resources, it names them so that they can be asked for here. */
export function withGatewayUris(slug: string, content: Json): Json {
  if (Array.isArray(content)) return content.map((part) => withGatewayUris(slug, part));
  if (!isJsonObject(content)) return content;
  if (content.type === 'resource_link') return prefixed(slug, content);
  if (content.type !== 'resource' || !isJsonObject(content.resource ?? null)) return content;
  return { ...content, resource: prefixed(slug, content.resource as JsonObject) };
}

export function prefixed(slug: string, part: JsonObject): JsonObject {
  return typeof part.uri === 'string' ? { ...part, uri: gatewayUri(slug, part.uri) } : part;
}
