import type { ServerResponse } from 'node:http';

/** The browser's side of a session, for operations that sign in and out. */
export interface SessionKeeper {
  /** The browser shows the token from now on. */
  keep(token: string, maxAgeSeconds: number): void;
  forget(): void;
}

/**
 * Cookies know no ports: the port in the name keeps two servers on one machine apart. Over https the name begins with
 * `__Host-`, which makes browsers refuse it from anybody but this very host.
 */
export function sessionCookieName({ port, isHttps }: { port: number; isHttps: boolean }): string {
  return `${isHttps ? '__Host-' : ''}signalbox_session_${port}`;
}

export function createSessionKeeper(
  response: ServerResponse,
  { name, isHttps }: { name: string; isHttps: boolean },
): SessionKeeper {
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`;
  const set = (token: string, maxAgeSeconds: number) =>
    response.setHeader('set-cookie', `${name}=${token}; ${attributes}; Max-Age=${maxAgeSeconds}`);
  return { keep: set, forget: () => set('', 0) };
}
