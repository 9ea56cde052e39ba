import type { IncomingMessage } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { LocalOwner } from '#server/identity/local-owner.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

function forbid(message: string, advice: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', message, { advice });
}

/**
 * Refuses what another web page makes a browser send: under a name that its owner pointed at us (DNS rebinding), or
 * across sites (CSRF). Programs send no Origin and are not concerned.
 */
export function checkSource(request: IncomingMessage): void {
  const { host = '', origin } = request.headers;
  if (!LOOPBACK.test(host)) {
    throw forbid(
      `This server does not answer to the name ${JSON.stringify(host)}.`,
      'Use localhost or 127.0.0.1.',
    );
  }
  if (HARMLESS.has(request.method ?? '')) return;
  if (origin !== undefined && URL.parse(origin)?.host !== host) {
    throw forbid('The request comes from another web site.', 'Use the panel itself, or the API with a key.');
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw forbid('The request comes from another web site.', 'Use the panel itself, or the API with a key.');
  }
}

/** Cookies know no ports: the port in the name keeps two servers on one machine apart. */
export function sessionCookieName(port: number): string {
  return `signalbox_session_${port}`;
}

export function readCookie(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export function authenticate(
  request: IncomingMessage,
  owner: LocalOwner,
  cookieName: string,
): Actor | undefined {
  const [, bearer] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return owner.actorOfBearer(bearer);
  const session = readCookie(request, cookieName);
  return session === undefined ? undefined : owner.actorOfSession(session);
}

export function unauthenticated(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This needs a session or a key.', {
    advice:
      'Open the link that the server printed last when it started, or send Authorization: Bearer with the secret from the data folder (api-secret).',
  });
}
