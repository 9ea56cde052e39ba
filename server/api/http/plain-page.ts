import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { retryAfterOf, toProblem } from './problem.ts';

/** Whoever asks sits before it: a browser that was led here, not a script of a page or a program. */
export const isPerson = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');

/**
 * What went wrong, said to a person. What passes by itself is tried again by the page itself, at the same address: a way
 * back from a provider then goes on where it was stopped.
 */
export function sendProblemPage(response: ServerResponse, error: unknown, requestId: string): void {
  const { status, detail, advice } = toProblem(error, requestId);
  const againSeconds = retryAfterOf(error);
  if (againSeconds !== undefined) response.setHeader('retry-after', String(againSeconds));
  sendPlainPage(response, {
    ...{ status, title: detail, text: advice, againSeconds },
    link: againSeconds === undefined ? 'To the start' : undefined,
  });
}

export interface PlainPage {
  status: number;
  title: string;
  text?: string | undefined;
  /** Words that lead to the first page. */
  link?: string | undefined;
  /** It asks for itself anew after so long. */
  againSeconds?: number | undefined;
}

/** A page that needs nothing else: Next may not be there yet. */
export function sendPlainPage(response: ServerResponse, page: PlainPage): void {
  const nonce = randomBytes(16).toString('base64');
  response.setHeader(
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
  );
  response.writeHead(page.status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(draw(page, nonce));
}

/** The panel's look in a few lines: grey page, one card, light or dark as the system is. */
const STYLE = `
:root { color-scheme: light dark; font: 14px/20px ui-sans-serif, system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; box-sizing: border-box;
  background: light-dark(#f6f7f9, #0c0e12); color: light-dark(#14181f, #eceff4); }
main { max-width: 26rem; padding: 20px 24px; border-radius: 10px; border: 1px solid light-dark(#e1e5ea, #232935);
  background: light-dark(#ffffff, #13161c); overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 16px; line-height: 24px; }
p { margin: 8px 0 0; color: light-dark(#545d6b, #a0aab9); }
a { color: light-dark(#2450d8, #86a8ff); }`;

function draw({ title, text, link, againSeconds }: PlainPage, nonce: string): string {
  const lines = [
    text === undefined ? '' : `<p>${asText(text)}</p>`,
    againSeconds === undefined ? '' : '<p>This page tries again by itself.</p>',
    link === undefined ? '' : `<p><a href="/">${asText(link)}</a></p>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${againSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${Math.max(1, againSeconds)}">`}
<title>${asText(title)}</title>
<style nonce="${nonce}">${STYLE}
</style>
</head>
<body>
<main>
<h1>${asText(title)}</h1>
${lines.join('\n')}
</main>
</body>
</html>
`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const asText = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);
