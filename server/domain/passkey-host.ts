const ADDRESS = /^[\d.]+$|^\[/;

/**
 * The name that passkeys are bound to which are made at this origin; null where browsers make none: at an address
 * without a name, and where what is sent could be read on the way.
 */
export function passkeyHost(origin: string): string | null {
  const url = URL.parse(origin);
  if (!url) return null;
  if (url.hostname === 'localhost') return url.hostname;
  return url.protocol === 'https:' && !ADDRESS.test(url.hostname) ? url.hostname : null;
}
