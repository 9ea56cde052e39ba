import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from 'jose';
import { scanJson } from '#server/domain/graph/json-scan.ts';
import { getOwn, isJsonObject, type JsonObject } from '#server/domain/json.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import { type Actor, NO_GRANTS, NOWHERE } from './actor.ts';
import type { Issuer } from './issuers.ts';
import { type Role, SCOPES, type Scope } from './permissions.ts';
import { toWebFetch } from './web-fetch.ts';

export interface JwtVerifier {
  /**
   * The actor that a token of one of our issuers stands for; undefined for any other text. `path` is that of a place of MCP,
   * where it is shown at one.
   */
  verify(token: string, path?: string): Promise<Actor | undefined>;
}

export interface JwtOptions {
  issuers: readonly Issuer[];
  fetch: SafeFetch;
  now(): number;
  /** An issuer's keys cannot be had, so its people cannot come in. */
  onTrouble(message: string, error: unknown): void;
}

const MAX_LENGTH = 8192;
const LEEWAY_SECONDS = 60;
const FORMAT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Whatever else a header may say (a key, a place to fetch one, extensions) is the word of a stranger. */
const HEADER_FIELDS = new Set(['alg', 'typ', 'kid']);

type Key = Uint8Array | ReturnType<typeof createRemoteJWKSet>;

export function createJwtVerifier({ issuers, fetch, now, onTrouble }: JwtOptions): JwtVerifier {
  const known = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, key: keyOf(issuer, fetch) }]));

  async function verify(token: string, path: string | undefined): Promise<Actor | undefined> {
    const said = readUnproved(token);
    const found = typeof said?.iss === 'string' ? known.get(said.iss) : undefined;
    if (!found) return undefined;
    const { issuer, key } = found;
    const rules = {
      algorithms: [issuer.algorithm],
      issuer: issuer.issuer,
      audience: audienceAt(issuer, path),
      typ: issuer.type,
      clockTolerance: LEEWAY_SECONDS,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(now()),
    };
    const { payload } = await (key instanceof Uint8Array
      ? jwtVerify(token, key, rules)
      : jwtVerify(token, key, rules));
    return isFresh(payload, issuer, now()) ? toActor(payload, issuer) : undefined;
  }

  return {
    async verify(token, path) {
      try {
        return await verify(token, path);
      } catch (error) {
        // A token that is wrong is an everyday thing; keys that cannot be fetched are not.
        if (!isRefusal(error)) onTrouble('The keys of a token issuer could not be fetched.', error);
        return undefined;
      }
    },
  };
}

/** To whom clients of MCP are sent, they ask for a token for the very address that they call. */
const audienceAt = ({ forClients, audience }: Issuer, path: string | undefined): string =>
  forClients && path !== undefined ? audience.replace(/\/mcp$/, path) : audience;

function keyOf(issuer: Issuer, fetch: SafeFetch): Key {
  if ('secret' in issuer) return new TextEncoder().encode(issuer.secret);
  return createRemoteJWKSet(new URL(issuer.jwksUrl), {
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    [customFetch]: withPauses(toWebFetch(fetch)),
  });
}

const PAUSE_MS = 5000;

/** While the keys cannot be had, tokens do not make one request each. */
function withPauses(fetch: ReturnType<typeof toWebFetch>): ReturnType<typeof toWebFetch> {
  let failed: { error: unknown; until: number } | undefined;
  return async (url, init) => {
    if (failed && failed.until > performance.now()) throw failed.error;
    try {
      const response = await fetch(url, init);
      if (!response.ok) throw new Error(`the answer was ${response.status}`);
      const text = await response.text();
      if (!isKeySet(text)) throw new Error('the answer is no set of keys');
      failed = undefined;
      return new Response(text, { headers: { 'content-type': 'application/json' } });
    } catch (error) {
      failed = { error, until: performance.now() + PAUSE_MS };
      throw error;
    }
  };
}

function isKeySet(text: string): boolean {
  try {
    const said: unknown = JSON.parse(text);
    return isJsonObject(said) && Array.isArray(said.keys);
  } catch {
    return false;
  }
}

/** What the token says of itself before anything is proved, if it is written as tokens are and in one way only. */
function readUnproved(token: string): JsonObject | undefined {
  if (token.length > MAX_LENGTH || !FORMAT.test(token)) return undefined;
  const [header, payload, signature] = token.split('.').map((part) => {
    const bytes = Buffer.from(part, 'base64url');
    return bytes.toString('base64url') === part ? bytes : undefined;
  });
  if (!header || !payload || !signature) return undefined;
  const fields = readObject(header);
  if (!fields || !Object.keys(fields).every((name) => HEADER_FIELDS.has(name))) return undefined;
  if (fields.kid !== undefined && (typeof fields.kid !== 'string' || fields.kid.length > 256))
    return undefined;
  return readObject(payload);
}

/** Parsers differ on which of two equal names they take, so there must not be two. */
function readObject(bytes: Buffer): JsonObject | undefined {
  const text = bytes.toString('utf8');
  if (scanJson(text, 16) !== null) return undefined;
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : undefined;
}

function isFresh({ exp, iat, aud }: JWTPayload, issuer: Issuer, now: number): boolean {
  if (typeof exp !== 'number' || typeof iat !== 'number') return false;
  // For somebody else too: they could show here what was shown to them.
  if (Array.isArray(aud) && aud.length !== 1) return false;
  return exp - iat <= issuer.maxLifetimeSeconds && iat <= now / 1000 + LEEWAY_SECONDS;
}

function toActor(payload: JWTPayload, issuer: Issuer): Actor | undefined {
  const { sub, name } = payload;
  const role = roleOf(payload[issuer.roleClaim], issuer);
  if (!role || typeof sub !== 'string' || sub === '' || sub.length > 255) return undefined;
  return {
    kind: 'external',
    id: `${issuer.issuer}#${sub}`,
    orgId: issuer.org,
    name: typeof name === 'string' && name !== '' ? name.slice(0, 200) : sub,
    role,
    grants: NO_GRANTS,
    scopes: scopesOf(payload, issuer),
    ceiling: null,
    agent: null,
    userId: null,
    sessionId: null,
    from: NOWHERE,
  };
}

/** Written with blanks between, or as a list. Words that are none of ours give nothing. */
function scopesOf(payload: JWTPayload, { scopeClaim }: Pick<Issuer, 'scopeClaim'>): Scope[] | null {
  if (scopeClaim === undefined) return null;
  const claim = payload[scopeClaim];
  const words = new Set<unknown>(typeof claim === 'string' ? claim.split(' ') : [claim].flat());
  return SCOPES.filter((scope) => words.has(scope));
}

/** Of several claims the one that stands first in the configuration. */
function roleOf(claim: unknown, { roles }: Pick<Issuer, 'roles'>): Role | undefined {
  const claimed = new Set(Array.isArray(claim) ? claim : [claim]);
  const [first] = Object.keys(roles).filter((name) => claimed.has(name));
  return first === undefined ? undefined : getOwn(roles, first);
}

const isRefusal = (error: unknown): boolean => {
  const { code } = error as { code?: string };
  return code !== undefined && /^ERR_(JWT|JWS|JOSE|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE)/.test(code);
};
