import { type ProtectedPlace, placeOfPath } from './places.ts';

/** Under which name this server gives out tokens to those who know it by an origin; null: it gives out none. */
export type IssuerAt = (origin: string) => string | null;

export interface IssuerOptions {
  isOn: boolean;
  publicUrl: string | undefined;
  /** Nobody but this machine reaches the doors. */
  isLocalOnly: boolean;
  /** What the server listens on. */
  host: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Tokens travel by https or stay on the machine: under any other name there are none. On loopback the issuer has the one
 * name that the start prints, since that is where the browser has its session, and the port that the caller knows.
 */
export function createIssuerRule({ isOn, publicUrl, isLocalOnly, host }: IssuerOptions): IssuerAt {
  const home = publicUrl === undefined ? null : new URL(publicUrl);
  const isFit = home !== null && (home.protocol === 'https:' || LOOPBACK.test(home.hostname));
  const name = host.includes(':') ? `[${host}]` : host;
  return (origin) => {
    if (!isOn) return null;
    if (home) return isFit && origin === home.origin ? home.origin : null;
    const asked = isLocalOnly ? URL.parse(origin) : null;
    if (asked?.protocol !== 'http:' || !LOOPBACK.test(asked.hostname)) return null;
    return `http://${name}${asked.port === '' ? '' : `:${asked.port}`}`;
  };
}

/** Which of our places a client names as its resource, and by which name of ours; null: it is none of this issuer's. */
export function findResource(
  resource: string,
  issuer: string,
  issuerAt: IssuerAt,
): { audience: string; place: ProtectedPlace } | null {
  const url = URL.parse(resource);
  if (url?.search !== '' || url.hash !== '' || issuerAt(url.origin) !== issuer) return null;
  const place = placeOfPath(url.pathname);
  const isNamed = place !== undefined && !url.pathname.startsWith('/tools/');
  return isNamed ? { audience: url.origin + place.path, place } : null;
}
