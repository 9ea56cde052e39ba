import type { IncomingMessage, ServerResponse } from 'node:http';
import { dropInnerHeaders, pagePolicy } from './headers.ts';

export type DrawPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Pages for those who have not signed in, and what every page is made of. Nothing of it is data. */
const OPEN_PAGES = /^\/(sign-in|join|icon\.svg|_next\/static\/.+)$/;

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

/** Browsers ask for this one by themselves now and then, such as for what they store, whatever icon the page names. */
export const isOldIcon = (path: string): boolean => path === '/favicon.ico';

export function sendToIcon(response: ServerResponse): void {
  response.writeHead(308, { location: '/icon.svg', 'cache-control': 'public, max-age=86400' }).end();
}

/** And back to where they wanted to go. */
export function sendToSignIn(response: ServerResponse, { method, url }: { method: string; url: URL }): void {
  const isPage = method === 'GET' && url.pathname !== '/';
  const next = isPage ? `?next=${encodeURIComponent(url.pathname + url.search)}` : '';
  response.writeHead(303, { location: `/sign-in${next}`, 'cache-control': 'no-store' }).end();
}
