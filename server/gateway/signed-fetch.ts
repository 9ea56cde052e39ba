import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import type { Connection } from './directory.ts';
import type { WebFetch } from './sign-in-flow.ts';
import type { SignIns } from './sign-ins.ts';

export interface SignedFetchOptions {
  connection: Connection;
  signIns: Pick<SignIns, 'tokenFor' | 'replace' | 'giveUp'>;
  fetch: WebFetch;
  /** So that it is taken out of what the server writes. */
  onToken(token: string): void;
}

/** Requests to the server of a connection, with the token of whoever calls. No other server is ever sent it. */
export function createSignedFetch({ connection, signIns, fetch, onToken }: SignedFetchOptions): WebFetch {
  const { origin } = new URL(connection.url ?? '');

  async function send(url: string | URL, init: RequestInit, token: string): Promise<Response> {
    onToken(token);
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  }

  return async (url, init = {}) => {
    if (new URL(url).origin !== origin) return fetch(url, init);
    const token = await signIns.tokenFor(connection);
    const first = await send(url, init, token);
    if (first.status !== 401) return judge(first);
    await first.body?.cancel();
    const second = await send(url, init, await signIns.replace(connection, token));
    if (second.status !== 401) return judge(second);
    await second.body?.cancel();
    throw await signIns.giveUp(connection, {
      problem: 'The server does not take what its authorization server gives out.',
    });
  };

  async function judge(response: Response): Promise<Response> {
    if (response.status !== 403) return response;
    const { error, scope } = extractWWWAuthenticateParams(response);
    if (error !== 'insufficient_scope') return response;
    await response.body?.cancel();
    const problem = 'The server wants more rights than were given.';
    throw await signIns.giveUp(connection, { problem, wantedScope: scope ?? null });
  }
}
