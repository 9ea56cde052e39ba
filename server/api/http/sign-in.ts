import type { ServerResponse } from 'node:http';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { openLink } from '#server/services/session/open-link.ts';
import { type PlainPage, sendPlainPage } from './plain-page.ts';
import type { SessionKeeper } from './session-cookie.ts';

const USED_UP: PlainPage = {
  status: 401,
  title: 'This link is used up',
  text: 'Each link signs in once. Start the server again for a new one: it is the last line that it prints.',
  link: 'Go on, if you are signed in already',
};

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
  if (opened.outcome === 'gone') return sendPlainPage(response, USED_UP);
  if (opened.outcome === 'signed-in') {
    const { token: session, maxAgeSeconds } = opened.session;
    browser.keep(session, maxAgeSeconds);
  }
  // The address after the # stays in the browser.
  const location = opened.outcome === 'signed-in' ? '/' : `/join#${encodeURIComponent(token)}`;
  response.writeHead(303, { location }).end();
}
