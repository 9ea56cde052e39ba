import type { IncomingMessage } from 'node:http';
import { checkSource, readCookie } from '../http/gate.ts';

/**
 * Whether a connection may be made at all. Browsers always send the page's origin along and no other page may have one
 * of ours, so it must be our own to the letter: scheme, name and port. Programs send none.
 */
export function isOwnSource(request: IncomingMessage): boolean {
  try {
    checkSource(request);
  } catch {
    return false;
  }
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}`;
}

/** The cookie counts only with an origin: without one it was no page of ours that sent it. */
export function sessionOf(request: IncomingMessage, cookieName: string): string | undefined {
  return request.headers.origin === undefined ? undefined : readCookie(request, cookieName);
}
