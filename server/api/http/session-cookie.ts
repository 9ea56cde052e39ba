/** The cookie of a session, as headers. */
export interface SessionCookie {
  readonly name: string;
  set(token: string, maxAgeSeconds: number): string;
  clear(): string;
}

/**
 * Cookies know no ports: the port in the name keeps two servers on one machine apart. Over https the name begins with
 * `__Host-`, which makes browsers refuse it from anybody but this very host.
 */
export function sessionCookie({ port, isHttps }: { port: number; isHttps: boolean }): SessionCookie {
  const name = `${isHttps ? '__Host-' : ''}signalbox_session_${port}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`;
  return {
    name,
    set: (token, maxAgeSeconds) => `${name}=${token}; ${attributes}; Max-Age=${maxAgeSeconds}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  };
}
