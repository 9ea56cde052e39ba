import type { IncomingMessage, ServerResponse } from 'node:http';
import { dropInnerHeaders, pagePolicy } from './headers.ts';

export type DrawPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Pages for those who have not signed in, and what every page is made of. Nothing of it is data. */
const OPEN_PAGES = /^\/(sign-in|join|icon\.svg|favicon\.ico|_next\/static\/.+)$/;

export function isOpenPage(path: string, { isDev }: { isDev: boolean }): boolean {
  return OPEN_PAGES.test(path) || (isDev && path.startsWith('/_next/'));
}

/** Next draws it, under a policy that lets its own scripts run and nothing else. */
export async function drawPage(
  draw: DrawPage,
  { request, response, isDev }: { request: IncomingMessage; response: ServerResponse; isDev: boolean },
): Promise<void> {
  dropInnerHeaders(request.headers);
  const policy = pagePolicy({ isDev });
  // Next takes the nonce for its scripts from here.
  request.headers['content-security-policy'] = policy;
  response.setHeader('content-security-policy', policy);
  await draw(request, response);
}

/** And back to where they wanted to go. */
export function sendToSignIn(response: ServerResponse, { method, url }: { method: string; url: URL }): void {
  const isPage = method === 'GET' && url.pathname !== '/';
  const next = isPage ? `?next=${encodeURIComponent(url.pathname + url.search)}` : '';
  response.writeHead(303, { location: `/sign-in${next}`, 'cache-control': 'no-store' }).end();
}
