import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** What every answer says to browsers. */
export function setSecurityHeaders(response: ServerResponse, { isHttps }: { isHttps: boolean }): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
  // Answers of doors are data: nothing in them may run. Pages get a policy of their own.
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  if (isHttps) response.setHeader('strict-transport-security', 'max-age=31536000');
}

/** Only what carries this page's nonce runs, and what that loads itself. Development compiles in the browser. */
export function pagePolicy({ isDev }: { isDev: boolean }): string {
  const nonce = randomBytes(16).toString('base64');
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDev ? " 'unsafe-eval'" : ''}`,
    // Styles in attributes are how React sets widths; they cannot load or run anything under this policy.
    `style-src 'self' ${isDev ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** Headers by which Next talks to itself: from outside they could only be meant to mislead it. */
const INNER =
  /^(x-middleware-.*|x-nextjs-.*|x-invoke-.*|next-action|x-forwarded-.*|x-original-url|x-rewrite-url|x-matched-path|content-security-policy(-report-only)?)$/;

export function dropInnerHeaders(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) if (INNER.test(name)) delete headers[name];
}
