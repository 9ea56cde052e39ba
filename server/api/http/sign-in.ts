import type { ServerResponse } from 'node:http';
import type { LocalOwner } from '#server/identity/local-owner.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color-scheme:light dark}a{color:LinkText}';

function page(title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>${head}<style>${STYLE}</style></head><body><h1>${title}</h1>${body}</body></html>`;
}

function send(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(html);
}

/**
 * The link that the start prints. It answers with a page that goes on by itself and not with a redirect: a strict
 * cookie is not sent along when the link was clicked in another site's page, but it is from ours.
 */
export function answerSignIn(
  response: ServerResponse,
  { token, owner, cookieName }: { token: string; owner: LocalOwner; cookieName: string },
): void {
  const bought = owner.redeem(token);
  if (!bought) {
    send(
      response,
      401,
      page(
        'This link is used up',
        '<p>Each link signs in once. Start the server again for a new one: it is the last line that it prints.</p><p><a href="/">Go on, if you are signed in already</a></p>',
      ),
    );
    return;
  }
  response.setHeader(
    'set-cookie',
    `${cookieName}=${bought.session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${bought.maxAgeSeconds}`,
  );
  send(
    response,
    200,
    page(
      'Signed in',
      '<p><a href="/">Open Signalbox</a></p>',
      '<meta http-equiv="refresh" content="0;url=/">',
    ),
  );
}

export function answerSignedOut(response: ServerResponse): void {
  send(
    response,
    401,
    page(
      'Sign in to Signalbox',
      '<p>Open the link that the server printed as its last line when it started. It signs this browser in.</p><p>Lost it? Start the server again: it prints a new one.</p>',
    ),
  );
}
