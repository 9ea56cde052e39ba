import type { ServerResponse } from 'node:http';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { openLink } from '#server/services/session/open-link.ts';
import type { SessionKeeper } from './session-cookie.ts';

const USED_UP = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>This link is used up</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color-scheme:light dark}a{color:LinkText}</style></head><body><h1>This link is used up</h1><p>Each link signs in once. Start the server again for a new one: it is the last line that it prints.</p><p><a href="/">Go on, if you are signed in already</a></p></body></html>`;

/** The link that the start prints. Who must say first who they are goes on with the token where no server sees it. */
export async function answerLink(
  response: ServerResponse,
  {
    services,
    actor,
    token,
    browser,
  }: { services: Services; actor: Actor; token: string; browser: SessionKeeper },
): Promise<void> {
  const opened = await openLink(services, actor, { token });
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cache-control', 'no-store');
  if (opened.outcome === 'gone') {
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    response.writeHead(401, { 'content-type': 'text/html; charset=utf-8' }).end(USED_UP);
    return;
  }
  if (opened.outcome === 'signed-in') {
    const { token: session, maxAgeSeconds } = opened.session;
    browser.keep(session, maxAgeSeconds);
  }
  // The address after the # stays in the browser.
  const location = opened.outcome === 'signed-in' ? '/' : `/join#${encodeURIComponent(token)}`;
  response.writeHead(303, { location }).end();
}
