import type { ServerResponse } from 'node:http';

/** The browser's side of a session, for what signs in and out. */
export interface SessionKeeper {
  /** This server as the browser knows it. */
  readonly origin: string;
  /** The browser shows the token from now on. */
  keep(token: string, maxAgeSeconds: number): void;
  forget(): void;
  /** What it was given when it went to a provider. */
  readonly flow: string | undefined;
  keepFlow(token: string, maxAgeSeconds: number): void;
  forgetFlow(): void;
  /** The request of a program that began in this browser: the name of its cookie, and what that holds. */
  readonly appRequest: { cookie: string; shown: string | undefined };
}

export interface CookieNames {
  session: string;
  flow: string;
  appRequest: string;
}

/**
 * Cookies know no ports: the port in the name keeps two servers on one machine apart. Over https the name begins with
 * `__Host-`, which makes browsers refuse it from anybody but this very host.
 */
export function cookieNames({ port, isHttps }: { port: number; isHttps: boolean }): CookieNames {
  const name = (what: string) => `${isHttps ? '__Host-' : ''}signalbox_${what}_${port}`;
  return { session: name('session'), flow: name('flow'), appRequest: name('app_request') };
}

interface KeeperOptions {
  names: CookieNames;
  isHttps: boolean;
  origin: string;
  flow: string | undefined;
  appRequest: string | undefined;
}

export function createSessionKeeper(response: ServerResponse, options: KeeperOptions): SessionKeeper {
  const { names, isHttps, origin, flow } = options;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`;
  const set = (name: string, token: string, maxAgeSeconds: number) =>
    response.appendHeader('set-cookie', `${name}=${token}; ${attributes}; Max-Age=${maxAgeSeconds}`);
  return {
    ...{ origin, flow, appRequest: { cookie: names.appRequest, shown: options.appRequest } },
    keep: (token, maxAgeSeconds) => set(names.session, token, maxAgeSeconds),
    forget: () => set(names.session, '', 0),
    keepFlow: (token, maxAgeSeconds) => set(names.flow, token, maxAgeSeconds),
    forgetFlow: () => set(names.flow, '', 0),
  };
}
