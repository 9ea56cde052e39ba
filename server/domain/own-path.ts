const BASE = 'http://own.invalid';

/**
 * Where somebody goes on after signing in, as a path on our own origin whatever was asked for. The URL parser that
 * browsers have says what a text means; what it makes of `/..//other.example` is judged once more.
 */
export function toOwnPath(wanted: string | null | undefined): string {
  if (!wanted?.startsWith('/') || wanted.length > 2048) return '/';
  const url = URL.parse(wanted, BASE);
  if (!url || url.origin !== BASE) return '/';
  const path = url.pathname + url.search + url.hash;
  return /^\/(?![/\\])/.test(path) || path === '/' ? path : '/';
}
