import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import type { Credentials } from '#server/identity/identity.ts';
import { looksLikeKey } from '#server/identity/key-format.ts';
import { createAddressList } from '#server/platform/address-policy.ts';

export interface GateOptions {
  /** Where people find this server, if not at the address that it listens on. */
  publicUrl?: string | undefined;
  /** Networks of proxies that are believed when they say for whom they speak. */
  trustedProxies?: readonly string[];
}

/** What is decided of a request before anybody looks at what it asks for. */
export interface Gate {
  /** Cookies travel by https only, and pages ask the browser to keep to it. */
  readonly isHttps: boolean;
  /**
   * Refuses what another web page makes a browser send: under a name that its owner pointed at us (DNS rebinding), or
   * across sites (CSRF). Programs send no Origin and are not concerned.
   */
  checkSource(request: IncomingMessage): void;
  /**
   * The same for a connection that stays. It begins with a GET, so the page's origin has to be looked at: browsers
   * always send it, and it must be our own to the letter: scheme, name and port.
   */
  checkSocketSource(request: IncomingMessage): void;
  /** A write that counts because of a cookie must show that a page of ours sent it. */
  checkCookieWrite(request: IncomingMessage): void;
  /** This server as the caller's browser knows it. */
  originOf(request: IncomingMessage): string;
  /** The caller's own address, seen through the proxies that are trusted. */
  addressOf(request: IncomingMessage): string | null;
  credentialsOf(request: IncomingMessage, known: { cookieName: string; requestId: string }): Credentials;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);
const JSON_TYPE = /^application\/json(\s*;\s*charset\s*=\s*"?utf-8"?)?$/i;

function forbid(message: string, advice: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', message, { advice });
}

const fromElsewhere = () =>
  forbid('The request comes from another web site.', 'Use the panel itself, or the API with a key.');

export function createGate({ publicUrl, trustedProxies = [] }: GateOptions): Gate {
  const home = publicUrl === undefined ? null : new URL(publicUrl);
  const proxies = createAddressList(trustedProxies);

  /** A name can be pointed at us by anybody; an address cannot. */
  const isOurs = (host: string) => host === home?.host || LOOPBACK.test(host) || isAddress(host);

  function isOwnOrigin(origin: string, host: string): boolean {
    if (host === home?.host) return origin === home.origin;
    return origin === `http://${host}`;
  }

  function checkName(host: string): void {
    if (isOurs(host)) return;
    throw forbid(
      `This server does not answer to the name ${JSON.stringify(host)}.`,
      'Use localhost, its address, or the name in SIGNALBOX_PUBLIC_URL.',
    );
  }

  return {
    isHttps: home?.protocol === 'https:',
    checkSocketSource(request) {
      const { host = '', origin } = request.headers;
      checkName(host);
      if (origin !== undefined && !isOwnOrigin(origin, host)) throw fromElsewhere();
    },
    checkSource(request) {
      const { host = '', origin } = request.headers;
      checkName(host);
      if (HARMLESS.has(request.method ?? '')) return;
      if (origin !== undefined && !isOwnOrigin(origin, host)) throw fromElsewhere();
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin' && site !== 'none') throw fromElsewhere();
    },
    checkCookieWrite(request) {
      if (HARMLESS.has(request.method ?? '')) return;
      const { host = '', origin } = request.headers;
      const isFromUs =
        origin === undefined
          ? request.headers['sec-fetch-site'] === 'same-origin'
          : isOwnOrigin(origin, host);
      if (!isFromUs) throw fromElsewhere();
      // A form can be sent across sites without asking; JSON cannot.
      const type = request.headers['content-type'];
      if (request.method !== 'DELETE' && !JSON_TYPE.test(type ?? '')) {
        throw invalid('The body must be JSON.', undefined, 'Send it with Content-Type: application/json.');
      }
    },
    originOf: ({ headers: { host = '' } }) => (home && host === home.host ? home.origin : `http://${host}`),
    addressOf: (request) => clientAddress(request, proxies),
    credentialsOf(request, { cookieName, requestId }) {
      const [, bearer] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
      const session = readCookie(request, cookieName);
      const userAgent = request.headers['user-agent'] ?? null;
      const from = { address: clientAddress(request, proxies), requestId, userAgent };
      return { bearer, session, from };
    },
  };
}

/** URLs end up in logs and histories, so a key in one is known to others. */
export function refuseKeyInUrl(url: string): void {
  if (!looksLikeKey(url)) return;
  throw invalid(
    'There is a key in the URL, where logs and histories keep it.',
    undefined,
    'Send it as Authorization: Bearer, and revoke this one: others may have seen it.',
  );
}

function isAddress(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  return isIP(name) === 4 || (name.startsWith('[') && name.endsWith(']') && isIP(name.slice(1, -1)) === 6);
}

/**
 * Each proxy adds whom it heard to the right of the list; what stands further left is the word of whoever sent it. So
 * the list is read from the right, for as long as the speaker is trusted.
 */
function clientAddress(request: IncomingMessage, proxies: { has(address: string): boolean }): string | null {
  let address = plain(request.socket.remoteAddress);
  const heard = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((part) => plain(part.trim()));
  while (address !== null && proxies.has(address)) {
    const before = heard.pop();
    if (before === undefined || before === null) break;
    address = before;
  }
  return address;
}

/** IPv4 as such, however the socket names it; null if it is no address. */
function plain(address: string | undefined): string | null {
  const text = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(text) === 0 ? null : text;
}

export function readCookie(request: IncomingMessage, name: string): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  for (const part of cookie.split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export function unauthenticated(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This needs a session or a key.', {
    advice:
      'Sign in, or send Authorization: Bearer with a key. On this machine the secret in the data folder (api-secret) is one.',
  });
}
